"""Telling: what was raised reaches its channel once it can, without a secret."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from sqlalchemy import select

from portal import db, vault
from portal.workspace.incidents import alerts, channels
from portal.workspace.incidents.alerts import AlertRow
from tests.conftest import Passing
from tests.mail import backlog
from tests.microsoft.scripted import Server, reply, reset
from tests.watch.alerts import steps
from tests.watch.alerts.steps import open_incident

DOWN = "http://127.0.0.1:9"  # the discard port


def test_it_is_told_once_when_it_opens(account: UUID, receiver: Server) -> None:
    steps.channel(receiver.url)
    steps.hold(account)

    for _ in range(3):
        steps.look_and_tell()

    assert steps.states(receiver) == ["opened"]


def test_then_its_end(account: UUID, receiver: Server, passes: Passing) -> None:
    steps.channel(receiver.url)
    steps.hold(account)
    steps.look_and_tell()
    passes(minutes=3)

    steps.release(account)
    steps.look_and_tell()

    opened, recovered = steps.bodies(receiver)
    assert (opened["state"], recovered["state"]) == ("opened", "recovered")
    assert opened["closed_at"] is None
    assert recovered["closed_at"] > recovered["opened_at"] == opened["opened_at"]


def test_a_channel_that_is_down_hears_it_when_it_is_up(
    account: UUID, receiver: Server, passes: Passing
) -> None:
    channel = steps.channel(receiver.url)
    receiver.will(reply(503), reset(), reply(429))
    open_incident(account)

    for _ in range(5):
        steps.tell()
        passes(minutes=2)

    ids = [each["id"] for each in steps.bodies(receiver)]
    assert len(ids) == 4
    assert len(set(ids)) == 1
    assert steps.known(channel.id).failed_at is None
    assert steps.known(channel.id).delivered_at is not None


def test_meanwhile_its_page_says_why(account: UUID, receiver: Server) -> None:
    channel = steps.channel(receiver.url)
    receiver.will(reply(503))
    open_incident(account)

    steps.tell()

    assert steps.known(channel.id).failure == "127.0.0.1 answered 503."
    assert steps.known(channel.id).failed_at is not None


def test_it_waits_longer_each_time(
    account: UUID, receiver: Server, passes: Passing
) -> None:
    steps.channel(receiver.url)
    receiver.will(*[reply(500)] * 100)
    open_incident(account)

    for _ in range(60):
        steps.tell()
        passes(minutes=1)

    assert len(receiver.requests) == 8


def test_it_waits_as_long_as_it_is_asked_to(
    account: UUID, receiver: Server, passes: Passing
) -> None:
    steps.channel(receiver.url)
    receiver.will(reply(429, Retry_After="600"))
    open_incident(account)
    steps.tell()

    passes(seconds=599)
    steps.tell()
    assert len(receiver.requests) == 1

    passes(seconds=1)
    steps.tell()
    assert len(receiver.requests) == 2


def test_after_a_day_it_is_given_up_and_that_is_said(
    account: UUID, receiver: Server, passes: Passing
) -> None:
    channel = steps.channel(receiver.url)
    receiver.will(*[reply(500)] * 100)
    open_incident(account)

    for _ in range(26):
        steps.tell()
        passes(hours=1)

    with db.reading() as session:
        assert not alerts.waits(session)
    assert steps.known(channel.id).given_up_at is not None


def test_nobody_hears_the_end_before_the_beginning(
    account: UUID, receiver: Server, passes: Passing
) -> None:
    steps.channel(receiver.url)
    receiver.will(reply(500))
    open_incident(account)
    steps.tell()
    steps.release(account)
    steps.look()

    steps.tell()
    assert steps.states(receiver) == ["opened"]

    passes(minutes=1)
    steps.tell()
    assert steps.states(receiver) == ["opened", "opened", "recovered"]


def test_one_channel_that_is_down_keeps_no_other_waiting(
    account: UUID, receiver: Server
) -> None:
    steps.channel(DOWN, name="down")
    steps.channel(receiver.url, name="up")
    open_incident(account)

    steps.tell()

    assert steps.states(receiver) == ["opened"]


def test_who_died_while_telling_is_followed_by_another(
    account: UUID, receiver: Server, passes: Passing
) -> None:
    steps.channel(receiver.url)
    open_incident(account)
    with db.session() as session:
        assert len(alerts.take(session, 10)) == 1
    steps.tell()
    assert receiver.requests == []

    passes(minutes=2)
    steps.tell()

    assert steps.states(receiver) == ["opened"]


def test_who_comes_too_late_settles_nothing(
    account: UUID, receiver: Server, passes: Passing
) -> None:
    steps.channel(receiver.url)
    open_incident(account)
    with db.session() as session:
        [slow] = alerts.take(session, 10)
    passes(minutes=2)
    with db.session() as session:
        alerts.take(session, 10)

    with db.session() as session:
        alerts.deliver(session, slow)

    with db.reading() as session:
        assert session.scalars(select(AlertRow.due_at)).one() is not None


def test_many_at_once_tell_it_once(account: UUID, receiver: Server) -> None:
    steps.channel(receiver.url)
    steps.hold(account)

    with ThreadPoolExecutor(8) as pool:
        for each in [pool.submit(steps.look_and_tell) for _ in range(16)]:
            each.result()

    assert steps.states(receiver) == ["opened"]


def test_what_a_removed_channel_was_to_hear_is_forgotten(
    account: UUID, receiver: Server
) -> None:
    channel = steps.channel(receiver.url)
    open_incident(account)

    with db.session() as session:
        channels.remove(session, channel.id)
    steps.tell()

    assert receiver.requests == []
    assert steps.told() == []


def test_without_its_key_nothing_is_lost(
    account: UUID, receiver: Server, passes: Passing
) -> None:
    channel = steps.channel(receiver.url)
    open_incident(account)
    ring, fingerprint = vault._Open.ring, vault._Open.fingerprint_key
    vault.lock()
    steps.tell()
    assert steps.known(channel.id).failure.startswith("Can't decrypt")

    vault.unlock(ring, fingerprint)
    passes(minutes=1)
    steps.tell()

    assert steps.states(receiver) == ["opened"]


def test_a_flood_behind_a_revoked_token_is_one_alert(
    account: UUID, receiver: Server, passes: Passing
) -> None:
    steps.channel(receiver.url)
    for _ in range(200):
        backlog.put(account)
    steps.hold(account)

    for _ in range(30):
        steps.look_and_tell()
        passes(minutes=1)

    assert steps.states(receiver) == ["opened"]
