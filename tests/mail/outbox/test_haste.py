"""Haste: one message goes before those that wait longer."""

from uuid import UUID

import pytest

from portal import db
from portal.mail.outbox import decisions
from tests.conftest import Passing
from tests.mail import backlog


@pytest.fixture
def message(account: UUID) -> UUID:
    """Put one message into an account whose lane is open."""
    return backlog.put(account)


def test_what_is_hastened_goes_before_what_waits_longer(
    message: UUID, passes: Passing
) -> None:
    passes(seconds=1)
    younger = backlog.put(backlog.account())

    with db.session() as session:
        decisions.hasten(session, younger)

    assert [claim.message_id for claim in backlog.take(wanted=1)] == [younger]


def test_what_is_on_its_way_is_not_hastened(message: UUID) -> None:
    backlog.take()

    with db.session() as session:
        decisions.hasten(session, message)

    assert backlog.record(message).next_attempt_at is None
    assert backlog.take() == []
