"""Incidents: one for each trouble, told when it begins, daily, and when it ends."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal import clock, db
from portal.mail.outbox import MessageRow
from portal.workspace import incidents
from portal.workspace.incidents.incident import IncidentRow
from tests.conftest import Passing
from tests.mail import backlog
from tests.watch.alerts import steps

WORKERS = 8


def open_another() -> None:
    """Open an incident a second time, as no code of ours does."""
    with db.session() as session:
        row = session.scalars(select(IncidentRow)).one()
        columns = {c.name: getattr(row, c.name) for c in IncidentRow.__table__.columns}
        session.add(IncidentRow(**columns | {"id": db.new_id()}))


def test_a_trouble_is_told_once_while_it_lasts(account: UUID) -> None:
    steps.channel()
    steps.hold(account)

    for _ in range(10):
        steps.look()

    assert steps.kinds() == ["account-held"]
    assert steps.told() == ["opened"]


def test_every_channel_is_told(account: UUID) -> None:
    steps.channel(name="one")
    steps.channel(name="two")

    steps.hold(account)
    steps.look()

    assert steps.told() == ["opened", "opened"]


def test_its_end_is_told_too(account: UUID, passes: Passing) -> None:
    steps.channel()
    steps.hold(account)
    steps.look()
    passes(minutes=5)

    steps.release(account)
    steps.look()

    assert steps.going_on() == []
    assert [each.closed_at for each in steps.ended()] == [clock.now()]
    assert steps.told() == ["opened", "recovered"]


def test_a_day_later_somebody_is_reminded(account: UUID, passes: Passing) -> None:
    steps.channel()
    steps.hold(account)
    steps.look()

    passes(hours=23)
    steps.look()
    passes(hours=1)
    steps.look()
    steps.look()

    assert steps.told() == ["opened", "reminder"]


def test_and_every_day_again(account: UUID, passes: Passing) -> None:
    steps.channel()
    steps.hold(account)

    for _ in range(4):
        steps.look()
        passes(hours=24)

    assert steps.told() == ["opened", "reminder", "reminder", "reminder"]


def test_what_comes_and_goes_is_told_once_in_ten_minutes(
    account: UUID, passes: Passing
) -> None:
    steps.channel()

    for _ in range(9):
        steps.hold(account)
        steps.look()
        passes(seconds=30)
        steps.release(account)
        steps.look()
        passes(seconds=30)

    assert steps.told() == ["opened", "recovered"]
    assert len(steps.ended()) == 1


def test_what_came_back_and_stays_is_told_after_all(
    account: UUID, passes: Passing
) -> None:
    steps.channel()
    for change in (steps.hold, steps.release, steps.hold):
        change(account)
        steps.look()
        passes(minutes=1)
    assert steps.told() == ["opened", "recovered"]

    passes(minutes=7)
    steps.look()

    assert steps.told() == ["opened", "recovered", "opened"]


def test_what_comes_back_after_a_while_is_another_incident(
    account: UUID, passes: Passing
) -> None:
    steps.channel()
    steps.hold(account)
    steps.look()
    steps.release(account)
    steps.look()
    passes(minutes=11)

    steps.hold(account)
    steps.look()

    assert len(steps.going_on() + steps.ended()) == 2
    assert steps.told() == ["opened", "recovered", "opened"]


def test_a_page_says_what_is_so_now_and_nobody_is_told_again(account: UUID) -> None:
    steps.channel()
    steps.hold(account)
    steps.look()

    steps.hold(account, "It is full.")
    steps.look()

    assert [each.condition.why for each in steps.going_on()] == ["It is full."]
    assert steps.told() == ["opened"]


def test_many_workers_at_once_tell_of_it_once(account: UUID) -> None:
    steps.channel()
    steps.stick(3)
    steps.hold(account)

    with ThreadPoolExecutor(WORKERS) as pool:
        for looked in [pool.submit(steps.look) for _ in range(WORKERS * 3)]:
            looked.result()

    assert sorted(steps.kinds()) == ["account-held", "needs-a-human"]
    assert steps.told() == ["opened", "opened"]


def test_many_workers_at_once_tell_its_end_once(account: UUID) -> None:
    steps.channel()
    steps.hold(account)
    steps.look()
    steps.release(account)

    with ThreadPoolExecutor(WORKERS) as pool:
        for looked in [pool.submit(steps.look) for _ in range(WORKERS * 3)]:
            looked.result()

    assert steps.told() == ["opened", "recovered"]


def test_the_database_keeps_a_second_one_from_being_open(account: UUID) -> None:
    steps.hold(account)
    steps.look()

    with pytest.raises(IntegrityError):
        open_another()


def test_ten_thousand_messages_and_one_account_are_one_incident(
    account: UUID, passes: Passing
) -> None:
    steps.channel()
    first = backlog.put(account)
    with db.session() as session:
        row = session.get_one(MessageRow, first)
        columns = {c.name: getattr(row, c.name) for c in MessageRow.__table__.columns}
        session.bulk_insert_mappings(
            MessageRow.__mapper__,
            [columns | {"id": db.new_id()} for _ in range(9_999)],
        )
    steps.hold(account)

    for _ in range(5):
        steps.look()
        passes(minutes=6)

    assert steps.kinds() == ["account-held"]
    assert steps.told() == ["opened"]


def test_what_is_long_over_is_forgotten_with_what_was_told(
    account: UUID, passes: Passing
) -> None:
    steps.channel()
    steps.hold(account)
    steps.look()
    steps.release(account)
    steps.look()

    passes(days=91)
    with db.session() as session:
        incidents.trim(session, clock.now() - timedelta(days=90))

    assert steps.ended() == []
    assert steps.told() == []


def test_looking_writes_nothing_while_nothing_changes(account: UUID) -> None:
    steps.hold(account)
    steps.look()

    with backlog.spoken() as said:
        steps.look()

    words = {statement.split()[0] for statement, _ in said}
    assert "SELECT" in words
    assert not words & {"INSERT", "UPDATE", "DELETE"}
