"""What is asked of the outbox at every turn reads an index, never all that was sent."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal import clock, db
from portal.config import Config
from portal.errors import Need
from portal.mail import fallback, permits
from portal.mail.outbox import decisions, expiry, overdue, records
from portal.mail.outbox.records import forecast, queue
from portal.mail.tally import depth
from tests.mail import backlog

Question = Callable[[Session, UUID, UUID], object]
QUESTIONS: dict[str, Question] = {
    "hasten": lambda session, _, message: decisions.hasten(session, message),
    "retry": lambda session, _, message: decisions.retry(session, message, "Ann"),
    "waiting": lambda session, _, __: records.waiting(session),
    "waiting for one": lambda session, account, _: records.waiting(session, account),
    "waiting since": lambda session, account, _: queue.waiting_since(session, account),
    "sent since": lambda session, account, _: queue.sent_since(
        session, account, clock.now()
    ),
    "namesake": lambda session, _, message: records.has_namesake(
        session, message, "<1@contoso.example>"
    ),
    "stuck": lambda session, _, __: records.stuck(session),
    "waits for a fallback": lambda session, account, _: fallback.waits(
        session, account
    ),
    "batch for a fallback": lambda session, account, _: fallback.batch(
        session, account, probing=False
    ),
    "held for a permit": lambda session, account, _: permits.count(
        session, account, Need.LARGE_ATTACHMENTS
    ),
    "given a permit": lambda session, account, _: permits.grant(
        session, account, Need.LARGE_ATTACHMENTS, "Ann"
    ),
    "depth": lambda session, _, __: depth.by_state(session),
    "unsettled by the day": lambda session, _, __: depth.unsettled(
        session, [clock.now()]
    ),
    "through": lambda session, account, _: forecast.through_at(session, account),
    "waiting for each": lambda session, _, __: depth.waiting(session),
    "through for each": lambda session, account, _: forecast.through(
        session, {account: 1}
    ),
    "held for a permit each": lambda session, _, __: permits.counts(
        session, Need.LARGE_ATTACHMENTS
    ),
    "set aside each": lambda session, _, __: overdue.every(session),
    "expire": lambda session, _, __: expiry.expire(session),
}
# What holds nothing but what waits, and may be read from end to end.
SMALL = (
    "ix_message_waiting",
    "ix_message_looking",
    "ix_message_leased",
    "ix_message_stuck",
    "ix_message_needy",
    "ix_message_overdue",
)


def whole(step: str) -> bool:
    """Tell whether a step of a plan reads more than it needs."""
    return step.startswith("SCAN message") and not step.endswith(SMALL)


@pytest.mark.parametrize("question", QUESTIONS)
def test_it_is_answered_by_an_index(house: Config, question: str) -> None:
    account = backlog.account()
    backlog.open_lane(account)
    message = backlog.put(account)

    with backlog.spoken() as said, db.session() as session:
        QUESTIONS[question](session, account, message)

    plans = backlog.plans(said)
    assert plans
    assert [step for step in plans if whole(step)] == []


def test_what_a_restore_has_held_is_no_matter_of_expiry(house: Config) -> None:
    account, over = backlog.account(), clock.now() - timedelta(days=1)
    for _ in range(3):
        backlog.put(account, expires_at=over)
    with db.session() as session:
        overdue.set_all_aside(session)

    with backlog.spoken() as said:
        assert backlog.expire() == 0

    [step] = backlog.plans(said)
    assert step.startswith("SEARCH message USING INDEX ix_message_expiring ")
    with db.reading() as session:
        kept = text("SELECT sql FROM sqlite_master WHERE name = 'ix_message_expiring'")
        assert str(session.scalar(kept)).endswith("AND NOT doubted")


def test_what_may_leave_by_a_fallback_has_an_index_of_its_own(house: Config) -> None:
    account = backlog.account()

    with backlog.spoken() as said, db.session() as session:
        fallback.batch(session, account, probing=False)

    [step] = [each for each in backlog.plans(said) if " message " in each]
    assert step.startswith("SEARCH message USING INDEX ix_message_movable ")
