"""A doubt is sticky: what may have been sent is looked up, never simply sent again."""

from datetime import timedelta
from uuid import UUID

import pytest

from portal import db
from portal.config import Config
from portal.delivery.transport import Accepted, NotSent, Parcel, Unknown
from portal.delivery.worker import Worker
from portal.errors import (
    Answer,
    Deferred,
    DeliveryError,
    Rejected,
    Scope,
    Unsure,
    Withheld,
)
from portal.mail import lanes, outbox
from portal.mail.journal import Event
from portal.mail.outbox import State, claims, overdue, vanished
from portal.workspace import accounts
from portal.workspace.accounts import WhenUnsure
from tests.delivery.steps import events, later, record, work_once
from tests.postman import Postman


def test_an_unsure_message_is_never_simply_sent_again(
    message: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    postman = Postman(Unsure("The answer was lost."))
    work_once(postman)
    assert record(message).state == State.SENDING

    later(monkeypatch, timedelta(hours=1))
    work_once(postman)

    assert record(message).state == State.UNCONFIRMED
    assert len(postman.parcels) == 1
    assert len(postman.looks) == 1
    later(monkeypatch, timedelta(days=1))
    assert not work_once(postman)


def test_a_look_up_follows_its_schedule(
    message: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    postman = Postman(Unsure(), found=Unknown(reason="Not found yet."))
    work_once(postman)

    for wait in outbox.LOOKS:
        later(monkeypatch, wait - timedelta(seconds=1))
        assert not work_once(postman)
        later(monkeypatch, timedelta(seconds=1))
        assert work_once(postman)

    assert record(message).state == State.UNCONFIRMED
    assert len(postman.looks) == len(outbox.LOOKS)


def test_a_look_up_that_breaks_leaves_the_doubt(
    message: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    postman = Postman(Unsure(), found=ZeroDivisionError())
    work_once(postman)

    for wait in outbox.LOOKS:
        later(monkeypatch, wait)
        work_once(postman)

    assert len(postman.parcels) == 1
    assert record(message).state == State.UNCONFIRMED


@pytest.mark.parametrize("failure", [Deferred(), Withheld(scope=Scope.ACCOUNT)])
def test_what_microsoft_cannot_be_asked_is_asked_later(
    message: UUID, monkeypatch: pytest.MonkeyPatch, failure: DeliveryError
) -> None:
    postman = Postman(Unsure(), found=failure)
    work_once(postman)
    for _ in range(2 * len(outbox.LOOKS)):
        later(monkeypatch, timedelta(minutes=15))
        assert work_once(postman)
    assert record(message).state == State.SENDING

    postman.found = Accepted(answer=Answer())
    later(monkeypatch, timedelta(minutes=15))
    work_once(postman)

    assert record(message).state == State.SENT
    assert len(postman.parcels) == 1


def test_a_look_up_waits_as_long_as_microsoft_says(
    message: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait = timedelta(minutes=7)
    postman = Postman(Unsure(), found=Deferred(after=wait, scope=Scope.MAILBOX))
    work_once(postman)
    later(monkeypatch, outbox.LOOKS[0])
    work_once(postman)

    later(monkeypatch, wait - timedelta(seconds=1))
    assert not work_once(postman)
    later(monkeypatch, timedelta(seconds=1))
    assert work_once(postman)


def test_a_held_account_is_no_reason_not_to_look(
    message: UUID, open_lane: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    postman = Postman(Unsure(), found=Accepted(answer=Answer()))
    work_once(postman)
    with db.session() as session:
        lanes.hold(session, open_lane, lanes.Hold(reason="The mailbox is full."))

    later(monkeypatch, outbox.LOOKS[0])
    work_once(postman)

    assert record(message).state == State.SENT


def test_an_account_may_be_told_to_send_again_what_is_unsure(
    message: UUID, open_lane: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.session() as session:
        accounts.decide_unsure(session, open_lane, WhenUnsure.RESEND)
    postman = Postman(Unsure())

    for _ in range(8):
        work_once(postman)
        later(monkeypatch, timedelta(hours=1))

    assert len(postman.parcels) == 4  # the first, and three times by the policy
    assert events(message).count(Event.REPEATED) == 3
    assert record(message).state == State.UNCONFIRMED


def test_what_is_found_as_a_draft_goes_on_as_that_draft(
    message: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    postman = Postman(Unsure(), found=NotSent(draft_id="AAk="))
    work_once(postman)
    later(monkeypatch, outbox.LOOKS[0])
    work_once(postman)
    postman.answers = [Accepted(answer=Answer())]

    later(monkeypatch, timedelta(seconds=29))
    assert not work_once(postman)
    later(monkeypatch, timedelta(seconds=1))
    work_once(postman)

    assert postman.parcels[-1].draft_id == "AAk="
    assert record(message).state == State.SENT


@pytest.mark.parametrize(
    ("found", "state"),
    [(Accepted(answer=Answer()), State.SENT), (NotSent(), State.QUEUED)],
)
def test_what_a_look_up_finds_settles_the_doubt(
    message: UUID,
    monkeypatch: pytest.MonkeyPatch,
    found: Accepted | NotSent,
    state: State,
) -> None:
    postman = Postman(Unsure(), found=found)
    work_once(postman)
    later(monkeypatch, outbox.LOOKS[0])

    work_once(postman)

    assert record(message).state == state
    assert len(postman.parcels) == 1


def test_what_a_vanished_worker_left_is_looked_up(
    message: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.session() as session:
        assert claims.take(session, "a worker that dies now", 1)
    postman = Postman()

    later(monkeypatch, claims.LEASE + timedelta(seconds=1))
    work_once(postman)
    later(monkeypatch, outbox.LOOKS[0])
    work_once(postman)

    assert postman.parcels == []
    assert record(message).state == State.UNCONFIRMED


def test_a_dead_neighbour_is_not_waited_for(
    message: UUID, settings: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.session() as session:
        assert claims.take(session, "killed", 1)
    folder = settings.instance / "workers"
    folder.mkdir()
    (folder / "killed").touch()  # the lock went with its process

    assert not work_once(Postman())

    assert events(message)[-1] == Event.DOUBTED
    later(monkeypatch, outbox.LOOKS[0])
    work_once(Postman())
    assert record(message).state == State.UNCONFIRMED


def test_a_slow_worker_gives_up_before_the_first_byte(
    message: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    postman = Postman()
    worker = Worker({"graph": postman})
    taken = worker._take(1)

    later(monkeypatch, claims.LEASE - timedelta(seconds=60))
    worker._deliver(taken[0])

    assert postman.parcels == []
    assert record(message).state == State.QUEUED


def losing_its_claim(postman: Postman, monkeypatch: pytest.MonkeyPatch) -> Postman:
    """Let the lease end, and another worker notice, while the postman is away."""

    def take_away(_: Parcel) -> None:
        later(monkeypatch, claims.LEASE + timedelta(seconds=1))
        with db.session() as session:
            vanished.recover(session)

    postman.while_sending = take_away
    return postman


@pytest.mark.parametrize("late", [Deferred(), Rejected(), Withheld(), Unsure()])
def test_a_lost_claim_decides_nothing(
    message: UUID, monkeypatch: pytest.MonkeyPatch, late: DeliveryError
) -> None:
    work_once(losing_its_claim(Postman(late), monkeypatch))

    assert record(message).state == State.SENDING
    assert events(message)[-1] == Event.DOUBTED


def test_a_late_acceptance_ends_the_doubt(
    message: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    work_once(losing_its_claim(Postman(), monkeypatch))

    assert record(message).state == State.SENT
    assert events(message)[-2:] == [Event.DOUBTED, Event.SENT]
    later(monkeypatch, timedelta(days=1))
    assert not work_once(Postman())


def test_a_late_acceptance_ends_what_a_restore_has_held(
    message: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    postman = Postman()

    def restore(_: Parcel) -> None:
        with db.session() as session:
            overdue.set_all_aside(session)

    postman.while_sending = restore
    work_once(postman)

    assert record(message).state == State.SENT


def test_a_late_acceptance_ends_what_was_left_unconfirmed(
    message: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    postman = losing_its_claim(Postman(), monkeypatch)
    take_away = postman.while_sending

    def give_up_too(parcel: Parcel) -> None:
        take_away(parcel)
        later(monkeypatch, outbox.LOOKS[0])
        work_once(Postman())
        assert record(message).state == State.UNCONFIRMED

    postman.while_sending = give_up_too
    work_once(postman)

    assert record(message).state == State.SENT
