"""Reset: nothing of the connection is left, and no mail is lost."""

import pytest

from portal import db
from portal.errors import NotConnected
from portal.mail.outbox import State, records
from portal.workspace import accounts, audit, tokens
from portal.workspace.connections import ConnectionRow
from portal.workspace.consent import changes, reset
from portal.workspace.consent.changes import Outcome
from tests import trip
from tests.mail import backlog
from tests.sandbox.serving import Sandbox
from tests.workspace.consent.watching import ANN, NOREPLY, REPORTS, sign_in


def do_reset() -> None:
    with db.session() as session:
        reset.reset(session, accounts.find(session).id, ANN)


def test_from_switch_and_tokens_are_gone(registered: Sandbox) -> None:
    trip.arrive(sign_in(registered, trip.ask(REPORTS, large=True).link), admin=ANN)

    do_reset()

    with db.reading() as session:
        account = accounts.find(session)
        (row,) = session.query(ConnectionRow)
    assert (account.sender, account.large_attachments) == (None, False)
    assert account.changed_by == ANN
    assert account.reset_at
    assert row.retired_at
    assert row.sealed_refresh == b""
    with pytest.raises(NotConnected):
        tokens.current(account.id)


def test_what_was_asked_for_and_its_tokens_end(registered: Sandbox) -> None:
    wish = trip.ask(NOREPLY)
    trip.arrive(sign_in(registered, wish.link), admin=ANN)

    do_reset()

    with db.reading() as session:
        assert changes.find(session, wish.id).outcome is Outcome.RESET
        assert session.query(changes.ChangeRow).one().sealed_proposal is None


def test_queued_mail_waits_for_the_next_connection(registered: Sandbox) -> None:
    trip.connect_as(registered, REPORTS)
    waiting = backlog.put(backlog.account())

    do_reset()

    assert backlog.taken() == []
    with db.reading() as session:
        assert records.find(session, waiting).state is State.HELD
    trip.connect_as(registered, ANN)
    assert backlog.taken() == [waiting]


def test_it_is_written_down_who_did_it(registered: Sandbox) -> None:
    trip.connect_as(registered, REPORTS)

    do_reset()

    with db.reading() as session:
        last = session.query(audit.AuditRow).order_by(audit.AuditRow.id.desc()).first()
        assert last is not None
        assert (last.actor, last.action, last.subject) == (
            ANN,
            "reset account",
            REPORTS,
        )


def test_to_reset_what_is_not_connected_does_no_harm(registered: Sandbox) -> None:
    do_reset()
    do_reset()

    trip.connect_as(registered, REPORTS)
    assert trip.in_force()[1] == REPORTS
