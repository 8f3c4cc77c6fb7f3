"""`portal log` shows the lines of one account, of one kind of problem, or of late."""

from uuid import UUID

import pytest

from portal import db
from portal.config import Config
from portal.explanations import Explanation, graph, network
from portal.mail import journal
from portal.mail.journal import Event, Line
from portal.workspace import accounts
from portal.workspace.accounts import Account
from tests.conftest import Passing
from tests.terminal import portal
from tests.trip import ANN


@pytest.fixture
def told(house: Config, passes: Passing) -> None:
    """Have a failure of two days ago, and one of now of another account and kind."""
    with db.session() as session:
        old, new = accounts.find(session).id, branch(session).id
        dns, busy = network.UNRESOLVED, graph.THROTTLED
        journal.write(session, of(dns, Event.FAILED, old))
    passes(days=2)
    with db.session() as session:
        journal.write(session, of(busy, Event.DEFERRED, new))


def branch(session: db.Session) -> Account:
    return accounts.add(session, "branch", [ANN], large=False, by="operator")


def of(row: Explanation, event: Event, account: UUID) -> Line:
    return Line(event=event, account_id=account, reason=row.title, cause=row.name)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("--account branch", ["Too many requests"]),
        ("--account default", ["Hostname not resolved"]),
        ("--class dns", ["Hostname not resolved"]),
        ("--class throttling --account default", []),
        ("--since 90m", ["Too many requests"]),
        ("--since 3d", ["Hostname not resolved", "Too many requests"]),
        ("--since 2020-01-01 --status failed", ["Hostname not resolved"]),
        ("--since 2020-01-01T00:00+02:00 --class throttling", ["Too many requests"]),
    ],
)
def test_lines_are_sifted(told: None, words: str, shown: list[str]) -> None:
    lines = portal("log", *words.split()).out.splitlines()

    heads = [line for line in lines if not line.startswith(" ")]
    assert [line.rpartition("  ")[2] for line in heads] == shown


@pytest.mark.parametrize(
    "words", ["--account nobody", "--class dnssec", "--since yesterday"]
)
def test_what_is_no_filter_is_wrong_use(house: Config, words: str) -> None:
    ran = portal("log", *words.split())

    assert ran.code == 2
    assert ran.err
    assert ran.out == ""
