"""How a mailbox is left in peace: once for all that wait, and never for too long."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from portal import clock, db
from portal.accept import Caller
from portal.delivery import outcome
from portal.delivery.backoff import LONGEST_PAUSE, LONGEST_WAIT
from portal.delivery.parcels import Lease
from portal.delivery.transport import Accepted, Parcel, Progress
from portal.delivery.worker import Worker
from portal.errors import Deferred, Scope, Withheld
from portal.intake import desk
from portal.mail.lanes import LaneRow, budgets
from portal.mail.message import Message
from portal.mail.outbox import Claim, MessageRow, claims
from tests.delivery.steps import later, record, work_once
from tests.mail import backlog
from tests.postman import TAKEN, Postman

AWAY = Deferred("Microsoft cannot be reached.", scope=Scope.MAILBOX)


def lane() -> LaneRow:
    with db.reading() as session:
        return session.query(LaneRow).one()


def send(recipients: int = 1) -> None:
    to = [f"jane{number}@example.com" for number in range(recipients)]
    desk.take(Message(to=to, text="x"), Caller(name="test"))


def used(budget: budgets.Budget) -> int:
    return budgets.used(lane().spent, budget, clock.now())


def fail(claim: Claim) -> None:
    outcome.refused(Lease(claim), AWAY, timedelta())


def end_pause() -> None:
    with db.session() as session:
        session.execute(update(LaneRow).values(paused_until=None))


def test_requests_that_fail_together_count_once(message: UUID) -> None:
    for _ in range(3):
        send()

    Worker({"graph": Postman(AWAY)}).work_once()  # four at once

    assert lane().failures == 1


def test_what_was_on_its_way_counts_no_more_when_it_fails_late(
    open_lane: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    send()
    send()
    first, second = (backlog.take(1)[0] for _ in range(2))
    fail(first)
    later(monkeypatch, LONGEST_PAUSE)

    fail(second)

    assert lane().failures == 1


def test_what_goes_after_a_failure_counts_anew_however_short_the_pause(
    open_lane: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(monkeypatch, timedelta())  # time stands still
    send()
    send()
    fail(backlog.take(1)[0])
    end_pause()

    fail(backlog.take(1)[0])

    assert lane().failures == 2


def test_a_mailbox_is_asked_again_later_and_later_but_not_too_late(
    message: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    postman = Postman(AWAY)
    for number in range(1, 15):
        work_once(postman)
        paused = lane().paused_until
        assert paused
        assert paused - clock.now() <= min(
            timedelta(seconds=2**number * 2), LONGEST_PAUSE
        )
        later(monkeypatch, LONGEST_PAUSE)

    assert lane().failures == 14


def test_what_fails_while_others_go_waits_longer_and_longer(
    message: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = []
    for _ in range(14):
        send()
        work_once(Choosy(message))
        again_at = record(message).next_attempt_at
        assert again_at
        waits.append(again_at - clock.now())
        later(monkeypatch, LONGEST_WAIT)

    assert lane().failures < 3
    assert max(waits[:3]) <= timedelta(seconds=16)
    assert timedelta(minutes=1) < max(waits) <= LONGEST_WAIT


class Choosy(Postman):
    """Takes all but one message."""

    def __init__(self, refused: UUID) -> None:
        super().__init__()
        self.refused = refused

    def deliver(self, parcel: Parcel, progress: Progress) -> Accepted:
        if parcel.message_id == self.refused:
            raise AWAY
        return super().deliver(parcel, progress)


def test_what_works_again_has_not_failed_before(
    message: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    postman = Postman(AWAY, TAKEN)
    work_once(postman)
    later(monkeypatch, LONGEST_PAUSE)

    work_once(postman)

    assert lane().failures == 0


def test_recipients_of_what_was_not_sent_do_not_count(message: UUID) -> None:
    work_once(Postman(AWAY))

    assert used(budgets.RECIPIENTS) == 0
    assert used(budgets.REQUESTS) == 1


def test_recipients_of_what_was_sent_count(open_lane: UUID) -> None:
    send(recipients=7)

    work_once(Postman())

    assert used(budgets.RECIPIENTS) == 7


class Narrow(Postman):
    """Withholds whatever comes, before it begins with it."""

    def deliver(self, parcel: Parcel, progress: Progress) -> Accepted:
        self.parcels.append(parcel)
        raise Withheld("It needs large file attachments.")


def test_what_is_too_large_to_begin_with_leaves_room_for_others(
    open_lane: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow, postman = Narrow(), Postman()
    for _ in range(6):
        send()
    with db.session() as session:
        session.execute(update(MessageRow).values(size=100_000_000))
    for _ in range(6):
        later(monkeypatch, claims.RECHECK)
        work_once(narrow)
    assert len(narrow.parcels) == 6

    send()
    work_once(postman)

    assert len(postman.parcels) == 1
    assert used(budgets.BYTES) < 1000
