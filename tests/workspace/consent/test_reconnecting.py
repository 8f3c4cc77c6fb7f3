"""Connecting again, and what becomes of an account that was held or is off."""

from portal import db
from portal.mail import journal
from portal.mail.journal import Event
from portal.workspace import accounts, switch
from tests import trip
from tests.mail import backlog
from tests.sandbox.serving import Sandbox
from tests.workspace.consent.watching import ANN, sign_in


def test_who_signs_in_again_lets_a_held_account_go_on(here: Sandbox) -> None:
    trip.arrive(sign_in(here, trip.invite()))
    backlog.hold(backlog.account())

    trip.arrive(sign_in(here, trip.invite()))

    with db.reading() as session:
        lines = {line.event: line for _, line in journal.latest(session, 100)}
    released = lines[Event.ACCOUNT_RELEASED]
    assert released.snapshot == lines[Event.CONNECTED].snapshot


def test_who_connects_an_account_that_is_off_does_not_switch_it_on(
    here: Sandbox,
) -> None:
    with db.session() as session:
        account = accounts.add_delegated(session, "second", by=ANN)
        switch.off(session, account)
    backlog.put(account.id)

    trip.arrive(sign_in(here, trip.invite(name="second")))

    assert backlog.taken() == []
    with db.session() as session:
        switch.on(session, accounts.find(session, "second"))
    assert len(backlog.taken()) == 1
