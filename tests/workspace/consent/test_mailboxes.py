"""Two accounts that users sign in for: each for itself, and a mailbox shared is one."""

from uuid import UUID

import pytest

from portal import config, db
from portal.mail.lanes import charges
from portal.mail.outbox import State
from portal.workspace import accounts
from portal.workspace.consent import reset
from tests import trip
from tests.mail import backlog
from tests.sandbox.serving import Sandbox
from tests.workspace.consent.watching import ANN, REPORTS


@pytest.fixture
def billing(registered: Sandbox) -> UUID:
    """Add a second account."""
    with db.session() as session:
        return accounts.add_delegated(session, "billing", by=ANN).id


def put(account_id: UUID, count: int) -> list[UUID]:
    return [backlog.put(account_id) for _ in range(count)]


def spent(account_id: UUID) -> object:
    with db.reading() as session:
        charged = charges.charged(session, account_id)
    return charged and charged.spent


def test_a_mailbox_has_its_slots_once_however_many_accounts_use_it(
    registered: Sandbox, billing: UUID
) -> None:
    trip.connect_as(registered, REPORTS)
    trip.connect_as(registered, REPORTS, name="billing")
    slots = config.current().requests_in_flight

    put(backlog.account(), slots)
    put(billing, slots)

    assert len(backlog.taken()) == slots
    assert backlog.taken() == []


def test_a_mailbox_is_charged_once_however_many_accounts_use_it(
    registered: Sandbox, billing: UUID
) -> None:
    trip.connect_as(registered, REPORTS)
    trip.connect_as(registered, REPORTS, name="billing")
    before = spent(billing)
    put(backlog.account(), 1)

    backlog.take()

    assert spent(billing) == spent(backlog.account()) != before


def test_two_mailboxes_have_slots_of_their_own(
    registered: Sandbox, billing: UUID
) -> None:
    trip.connect_as(registered, ANN)
    trip.connect_as(registered, REPORTS, name="billing")
    slots = config.current().requests_in_flight

    waiting = put(backlog.account(), slots) + put(billing, slots)

    assert sorted(backlog.taken() + backlog.taken()) == sorted(waiting)


def test_the_reset_of_one_leaves_the_other_its_mailbox(
    registered: Sandbox, billing: UUID
) -> None:
    trip.connect_as(registered, REPORTS)
    trip.connect_as(registered, REPORTS, name="billing")
    (held,), (goes,) = put(backlog.account(), 1), put(billing, 1)

    with db.session() as session:
        reset.reset(session, backlog.account(), ANN)

    assert backlog.taken() == [goes]
    assert backlog.state(held) == State.HELD
    assert trip.in_force("billing")[1] == REPORTS


def test_a_change_of_one_replaces_none_of_the_other(
    registered: Sandbox, billing: UUID
) -> None:
    first = trip.depart(trip.invite(REPORTS))

    trip.connect_as(registered, REPORTS, name="billing")
    trip.arrive(registered.sign_in(None, first, as_=REPORTS))

    assert trip.in_force()[1] == trip.in_force("billing")[1] == REPORTS
