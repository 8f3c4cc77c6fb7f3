"""Alerts of machines whose clocks differ by as much as may be."""

from uuid import UUID

from sqlalchemy import select

from portal import db
from portal.workspace.incidents.alerts import AlertRow
from tests.conftest import Passing
from tests.microsoft.scripted import Server
from tests.watch.alerts import steps

BEHIND = -29  # seconds


def come_and_go(account: UUID, receiver: Server, passes: Passing) -> None:
    """Let a machine whose clock is behind see the end of what another saw begin."""
    steps.channel(receiver.url)
    steps.open_incident(account)
    passes(seconds=BEHIND)
    steps.release(account)
    steps.look()


def test_what_a_machine_ends_whose_clock_is_behind_lasted_no_less_than_nothing(
    account: UUID, receiver: Server, passes: Passing
) -> None:
    come_and_go(account, receiver, passes)

    [ended] = steps.ended()
    assert ended.closed_at == ended.opened_at
    passes(minutes=1)
    for _ in range(2):
        steps.tell()
    assert [each["seconds"] for each in steps.bodies(receiver)] == [None, 0]


def test_its_ids_sort_before_what_was_begun_and_yet_it_comes_after(
    account: UUID, receiver: Server, passes: Passing
) -> None:
    come_and_go(account, receiver, passes)
    passes(minutes=1)
    with db.session() as session:
        rows = session.scalars(select(AlertRow).order_by(AlertRow.id)).all()
        rows[0].id = db.new_id()

    for _ in range(2):
        steps.tell()

    assert steps.states(receiver) == ["opened", "recovered"]


def test_what_goes_on_is_told_once_by_machines_that_take_turns(
    account: UUID, receiver: Server, passes: Passing
) -> None:
    steps.channel(receiver.url)
    steps.hold(account)

    for _ in range(20):
        steps.look_and_tell()
        passes(seconds=BEHIND)
        steps.look_and_tell()
        passes(seconds=-BEHIND)
    steps.release(account)
    steps.look_and_tell()
    passes(seconds=BEHIND)
    steps.look_and_tell()

    assert steps.states(receiver) == ["opened", "recovered"]
