"""Failures: what fails often is told with the reason of most."""

import threading
from uuid import UUID

import pytest

from portal import db
from portal.explanations.smtp import NOBODY
from portal.mail import journal
from portal.mail.journal import Event, Line
from portal.watch import tally
from portal.watch.alerts import conditions
from portal.workspace.incidents import Condition
from tests.conftest import Passing


def write(account_id: UUID, event: Event, times: int, cause: str = "") -> None:
    """Let an event befall so many messages of an account, and be counted."""
    line = Line(event=event, account_id=account_id, cause=cause)
    with db.session() as session:
        for _ in range(times):
            journal.write(session, line)
    tally.add_up(threading.Event())


def found() -> list[Condition]:
    with db.reading() as session:
        return conditions.now(session)


def test_mail_that_fails_often_is_told_with_what_explains_most(account: UUID) -> None:
    write(account, Event.SENT, 50)
    write(account, Event.EXPIRED, 2)
    write(account, Event.FAILED, 9, NOBODY.name)

    [condition] = found()

    assert condition.kind == "failure-rate"
    assert condition.title == "Mail of the account default fails too often."
    assert f"Most often: {NOBODY.title}." in condition.why
    assert (condition.cause, condition.who) == (
        NOBODY.name,
        NOBODY.who,
    )


@pytest.mark.parametrize(("sent", "failed"), [(0, 9), (91, 10), (0, 0)])
def test_a_few_failures_among_many_are_not_told(
    account: UUID, sent: int, failed: int
) -> None:
    write(account, Event.SENT, sent)
    write(account, Event.FAILED, failed)

    assert found() == []


def test_what_failed_long_ago_is_over(account: UUID, passes: Passing) -> None:
    write(account, Event.FAILED, 50)
    assert len(found()) == 1

    passes(hours=3)

    assert found() == []
