"""The log as a file: the same lines, all of them, and harmless to a spreadsheet."""

import csv
from io import StringIO

import pytest

from portal import db
from portal.errors import Answer
from portal.explanations import network
from portal.mail import journal
from portal.mail.journal import Event, Line
from portal.web.log import export
from tests.web.browsing import Browser
from tests.web.telling import tell, tried


def exported(browser: Browser, query: str = "") -> list[dict[str, str]]:
    answer = browser.get(f"/log/export{query}")
    assert answer.mimetype == "text/csv"
    return [*csv.DictReader(StringIO(answer.text, newline=""))]


def test_a_line_is_told_with_its_settings(sender: Browser) -> None:
    tell(
        cause=network.UNRESOLVED.name,
        reason="Could not resolve, at all.",
        answer=Answer(status=550, code="5.1.1", text="No such user."),
        snapshot=tried(),
    )

    [row] = exported(sender, "?status=failed")

    assert row["Log Message"] == "Could not resolve, at all."
    assert row["Explanation"] == "Hostname not resolved"
    assert (row["Account"], row["Code"]) == ("default", "5.1.1")
    assert row["Words"] == "No such user."
    assert (row["Authentication Type"], row["Hostname"]) == ("oauth", "127.0.0.1")
    assert row["Registered at"].endswith("+00:00")


def test_it_has_every_line_that_is_asked_for(sender: Browser) -> None:
    many = range(export.LINES + 1)  # more than are read at once
    with db.session() as session:
        for nth in many:
            journal.write(session, Line(event=Event.FAILED, reason=f"Nth {nth}."))
            session.flush()
    tell(Event.SENT, "Nth sent.")

    told = [row["Log Message"] for row in exported(sender, "?q=nth")]

    assert told == [f"Nth {nth}." for nth in reversed(many)]


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(sender: Browser, first: str) -> None:
    tell(reason=f'{first}cmd|"/C calc"!A0', answer=Answer(code=f"{first}1"))

    [row] = exported(sender, "?status=failed")

    assert row["Log Message"] == f'\'{first}cmd|"/C calc"!A0'
    assert row["Code"] == f"'{first}1"


def test_the_page_leads_to_the_same_lines(sender: Browser) -> None:
    tell()

    page = sender.get("/log?status=failed&since=7d").text

    assert 'href="/log/export?status=failed&amp;since=7d"' in page
