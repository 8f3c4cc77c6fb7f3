"""The catalogue: every row is whole, and every code that is known has one."""

import re

import pytest

from portal import explanations
from portal.errors import Deferred, Scope, Withheld
from portal.explanations import (
    EVERY,
    Explanation,
    Place,
    Told,
    Who,
    exchange,
    graph,
    network,
    smtp,
    tell,
)
from portal.explanations.own import UNDIVIDED
from portal.google import refusals
from portal.google import submission as gmail
from portal.microsoft import aadsts, problems
from portal.microsoft.problems import application, submission
from tests import powershell

GOOGLE = (explanations.gmail, explanations.at_google)
CODE = re.compile(r"AADSTS|Error[A-Z]|\b[45]\.\d+\.\d+\b")
ROWS = [pytest.param(row, id=name) for name, row in EVERY.items()]


@pytest.mark.parametrize("row", ROWS)
def test_a_row_is_told_in_whole_sentences_without_codes(row: Explanation) -> None:
    for sentence in (row.why, *row.steps, row.sentence):
        assert sentence.endswith(".")
        assert sentence[0].isupper() or sentence.startswith("{")
        assert not CODE.search(sentence)
    assert row.title == row.title.strip().rstrip(".")
    assert len(row.title) <= 50


@pytest.mark.parametrize("row", ROWS)
def test_a_row_says_who_acts_and_what_they_do(row: Explanation) -> None:
    if issubclass(row.kind, Withheld):
        assert row.who is not Who.NOBODY
    assert bool(row.steps) == (row.who is not Who.NOBODY)
    if row.place is not Place.NOWHERE or row.command:
        assert row.steps


@pytest.mark.parametrize(
    "command", sorted({row.command for row in EVERY.values()} - {""})
)
def test_a_command_can_be_typed_as_it_is(command: str) -> None:
    spelled = problems.spell(
        command, sender="noreply@x.example", username="o'neil@x.example"
    )

    assert powershell.well_formed(spelled)


@pytest.mark.parametrize("row", ROWS)
def test_what_goes_again_is_nobodys_unless_something_can_be_put_right(
    row: Explanation,
) -> None:
    assert row.retried == (row.kind is Deferred)
    if row.retried:
        assert bool(row.steps) == (row.who is not Who.NOBODY)


@pytest.mark.parametrize("row", ROWS)
def test_a_row_is_found_by_the_name_it_is_kept_by(row: Explanation) -> None:
    assert explanations.find(row.name) is row
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row.name)


def test_no_two_rows_have_one_name() -> None:
    rooms = (graph, network, smtp, explanations.exchange, explanations.sign_in)
    ours = (explanations.own, explanations.consent, explanations.identity)
    rows = [
        row
        for room in (*rooms, *GOOGLE, *ours, explanations.doors)
        for row in vars(room).values()
        if isinstance(row, Explanation)
    ]
    names = {id(row): row.name for row in rows}

    assert sorted(names.values()) == sorted(EVERY)


def test_every_code_that_is_known_has_a_row() -> None:
    known = {
        *aadsts.CAUSES.values(),
        *problems.CODES.values(),
        *problems.DECISIVE.values(),
        *problems.OTHERWISE.values(),
        *application.SAID.values(),
        *submission.CODES.values(),
        *submission.EXCEPTIONS.values(),
        *submission.OTHERWISE.values(),
        *refusals.ROWS.values(),
        *gmail.CODES.values(),
    }

    assert {row.name for row in known} <= set(EVERY)


def test_a_name_that_nobody_has_is_no_row() -> None:
    assert explanations.find("") is None
    assert explanations.find("something-of-a-later-version") is None


def test_an_error_says_what_its_row_does() -> None:
    error = graph.NO_SEND_AS.error()

    assert (type(error), error.scope) == (Withheld, Scope.ACCOUNT)
    assert str(error) == graph.NO_SEND_AS.sentence
    assert error.command == graph.NO_SEND_AS.command
    assert error.cause == "no-send-as"


def test_what_happened_is_filled_in() -> None:
    error = network.UNRESOLVED.error(host="smtp.contoso.example")

    assert str(error).startswith("Could not resolve hostname smtp.contoso.example.")


def test_a_reason_is_told_without_what_to_do() -> None:
    row = network.PROXY_SIGN_IN

    assert explanations.tell(row.sentence, row.name).why == row.why
    assert explanations.tell("", row.name).why == row.why
    assert (
        explanations.tell(f"By b. {row.sentence}", row.name).why == f"By b. {row.why}"
    )


def test_what_is_told_is_all_that_its_row_says() -> None:
    row = graph.NO_SEND_AS

    told = explanations.tell(f"{row.sentence} Command: Add-It", row.name)

    known = vars(told).items() & vars(row).items()
    assert {name for name, _ in known} == {
        *("name", "title", "why", "steps", "who", "place")
    }
    assert (told.command, told.retried) == ("Add-It", False)


def test_programs_are_told_the_same_in_plain_values() -> None:
    told = explanations.tell(graph.BUSY.sentence, graph.BUSY.name)

    assert told.plain == {
        "name": "busy",
        "title": told.title,
        "why": told.why,
        "steps": [],
        "who": "nobody",
        "place": "",
        "command": "",
        "retried": True,
        "fate": "It goes again by itself.",
    }
    assert explanations.tell("Something new.", "of-a-later-version").plain is None


def test_what_has_no_row_stays_as_it_is() -> None:
    told = explanations.tell("Something new. Command: Set-It", "of-a-later-version")

    assert told == Told(why="Something new.", command="Set-It")


@pytest.mark.parametrize("row", ROWS)
def test_a_row_says_what_becomes_of_the_mail(row: Explanation) -> None:
    assert ("goes again by itself" in row.fate) == row.retried
    assert row.fate.endswith(".")


@pytest.mark.parametrize("row", [exchange.BAD_SIGN_IN, smtp.NO_SIGN_IN])
def test_a_wrong_password_is_mended_on_the_page_of_its_account(
    row: Explanation,
) -> None:
    told = tell(row.sentence, row.name).at("/accounts/7")

    assert (told.who, told.where) == (Who.WORKSPACE, "Settings, /accounts/7")
    assert (told.plain or {})["place"] == "/accounts/7"
    assert "on the account's page or with portal accounts set" in told.steps[0]


def test_where_an_account_is_missing_none_is_to_be_changed() -> None:
    told = tell(UNDIVIDED.sentence, UNDIVIDED.name).at("/accounts/7")

    assert (told.where, told.place) == ("Mail accounts", "/accounts/new")
