"""A renamed mailbox: From follows it, or stays, and nobody's change is lost."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest

from portal import db
from portal.db import Session
from portal.errors import Conflict
from portal.workspace import accounts, audit, connections, tokens
from portal.workspace.connections import Connection
from portal.workspace.consent import changes, renaming
from portal.workspace.consent.changes import Outcome
from portal.workspace.consent.renaming import Seen
from tests import trip
from tests.mail import backlog
from tests.sandbox.serving import Sandbox
from tests.workspace.consent.watching import ANN, NOREPLY, REPORTS, sign_in

NEWS = "news@contoso.example"


@pytest.fixture
def seen(registered: Sandbox) -> Seen:
    """Rename the mailbox that mail leaves from; return what an admin sees then."""
    connection, _ = trip.connect_as(registered, REPORTS)
    registered.fault("renamed", times=None, user=REPORTS, to=NEWS)
    assert tokens.renew(connection)
    with db.reading() as session:
        return Seen(version=accounts.find(session).version, name=NEWS)


def decide(
    how: Callable[[Session, UUID, Seen, str], None], seen: Seen
) -> tuple[str | None, Connection]:
    """Return From, and the connection, as they are then."""
    with db.session() as session:
        account = accounts.find(session).id
        how(session, account, seen, ANN)
        connection = connections.find(session, account)
        assert connection
        return accounts.find(session).sender, connection


def last() -> tuple[str, str, str]:
    """Return what the audit tells last."""
    with db.reading() as session:
        [entry] = audit.page(session, None, 1)
    return entry.actor, entry.action, entry.subject


def test_from_follows_and_is_the_mailboxs_own_again(seen: Seen) -> None:
    sender, connection = decide(renaming.follow, seen)

    assert sender == NEWS
    assert connection.owns(NEWS)
    assert not connection.left_behind(REPORTS)
    assert last() == (ANN, "changed From to the mailbox's new name", NEWS)


def test_from_stays_and_nobody_is_asked_again(seen: Seen) -> None:
    sender, connection = decide(renaming.stay, seen)
    tokens.renew(connection)

    assert sender == REPORTS
    assert not trip.in_force()[0].left_behind(REPORTS)
    assert last() == (ANN, "kept From of the renamed mailbox", REPORTS)


def test_the_switch_stays_as_it_was(registered: Sandbox) -> None:
    trip.arrive(sign_in(registered, trip.ask(REPORTS, large=True).link), admin=ANN)
    registered.fault("renamed", times=None, user=REPORTS, to=NEWS)
    tokens.renew(trip.in_force()[0])

    with db.reading() as session:
        before = accounts.find(session)
    decide(renaming.follow, Seen(version=before.version, name=NEWS))

    with db.reading() as session:
        assert accounts.find(session).large_attachments


@pytest.mark.parametrize("decision", [renaming.follow, renaming.stay])
@pytest.mark.parametrize(
    ("version", "name", "told"),
    [(-1, NEWS, "changed these settings"), (0, REPORTS, "called otherwise by now")],
)
def test_who_saw_something_else_changes_nothing(
    seen: Seen,
    decision: Callable[[Session, UUID, Seen, str], None],
    version: int,
    name: str,
    told: str,
) -> None:
    stale = replace(seen, version=seen.version + version, name=name)

    with pytest.raises(Conflict, match=told):
        decide(decision, stale)

    connection, sender = trip.in_force()
    assert (sender, connection.left_behind(REPORTS)) == (REPORTS, True)


def test_what_is_decided_is_decided_once(seen: Seen) -> None:
    decide(renaming.stay, seen)

    with pytest.raises(Conflict, match="said already"):
        decide(renaming.follow, seen)


def test_a_change_that_waits_is_replaced(seen: Seen) -> None:
    change = trip.ask(NOREPLY)

    decide(renaming.follow, seen)

    with db.reading() as session:
        assert changes.find(session, change.id).outcome is Outcome.REPLACED


def test_an_account_that_the_rename_held_tries_at_once(seen: Seen) -> None:
    backlog.hold(backlog.account(), "No Send As.")
    waiting = backlog.put(backlog.account())
    before = backlog.taken()

    decide(renaming.follow, seen)

    assert before == []
    assert backlog.taken() == [waiting]
