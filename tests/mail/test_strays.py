"""Strays: what is known of drafts without ids, in either database."""

from datetime import timedelta
from uuid import UUID

import pytest

from portal import clock, db
from portal.config import Config
from portal.mail.leftovers import strays
from portal.mail.leftovers.strays import Stray
from portal.mail.outbox import MessageRow, State
from tests.mail import backlog

LATER = strays.FIRST_LOOK + timedelta(seconds=1)


@pytest.fixture
def account(either_house: Config) -> UUID:
    """Let the default account feed a lane."""
    account = backlog.account()
    backlog.open_lane(account)
    return account


def end_unnamed(account: UUID) -> UUID:
    """Cancel a message whose draft was asked for and never named."""
    message = backlog.put(account)
    [claim] = backlog.take()
    backlog.settle(claim, State.CANCELLED)
    asked_at = clock.now() - LATER
    known = f"<{message}@contoso.example>"
    backlog.change(message, unnamed_since=asked_at, internet_message_id=known)
    return message


def forget(message: UUID) -> None:
    with db.session() as session:
        session.delete(session.get_one(MessageRow, message))


def find(account: UUID) -> list[Stray]:
    with db.session() as session:
        strays.collect(session)
    with db.reading() as session:
        return strays.find(session, account, backlog.LANE)


def seen(stray: Stray, *ids: str) -> list[str]:
    with db.session() as session:
        return strays.seen(session, stray, ids)


def test_what_a_message_may_have_left_is_found_where_it_is(account: UUID) -> None:
    message = end_unnamed(account)

    assert [each.message_id for each in find(account)] == [message]
    with db.reading() as session:
        assert strays.find(session, account, "tenant/elsewhere") == []


def test_it_is_looked_for_again_later(account: UUID) -> None:
    end_unnamed(account)
    [stray] = find(account)

    assert seen(stray, "AAk=") == ["AAk="]
    assert find(account) == []


def test_the_draft_that_was_sent_is_none(account: UUID) -> None:
    message = end_unnamed(account)
    backlog.change(message, draft_id="AAs=", state=State.SENT)
    [stray] = find(account)

    assert seen(stray, "AAk=", "AAs=") == ["AAk="]


def test_a_message_that_was_forgotten_may_have_left_one(account: UUID) -> None:
    message = end_unnamed(account)
    [stray] = find(account)
    forget(message)

    assert find(account) == [stray]
