"""Drafts that nobody will send go from the mailbox; whatever may be sent stays."""

from datetime import timedelta
from uuid import UUID

import pytest

from portal import clock, db
from portal.config import Config
from portal.mail import lanes
from portal.mail.message import Attachment
from portal.mail.outbox import State, decisions
from portal.watch import leftovers
from portal.workspace import accounts
from portal.workspace.consent import reset
from tests.delivery import applying
from tests.delivery.drafting import ADMIN, NOREPLY, go_on, kept, send
from tests.delivery.steps import later, record, work
from tests.mail import backlog
from tests.sandbox.serving import Sandbox
from tests.trip import connect_large


@pytest.fixture
def microsoft(house: Config, sandbox: Sandbox) -> Sandbox:
    """Connect as admin@ with large file attachments, to send as noreply@."""
    connect_large(house, sandbox, ADMIN, NOREPLY)
    return sandbox


@pytest.fixture
def draft(microsoft: Sandbox) -> UUID:
    """Leave a message that has become a draft and goes no further; return its id."""
    microsoft.fault("503", only="PATCH ")
    message = send()
    assert record(message).state == State.QUEUED
    assert len(kept(message)) == 1
    return message


def cancel(message: UUID) -> None:
    with db.session() as session:
        decisions.cancel(session, message, "Ann")


def tidy() -> None:
    for account, left in leftovers.due():
        leftovers.delete(account, left)


def test_the_draft_of_a_cancelled_message_goes(
    draft: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(monkeypatch, timedelta(minutes=5))
    cancel(draft)

    tidy()

    assert kept(draft) == []
    assert leftovers.due() == []


def test_a_draft_that_will_be_sent_stays(
    draft: UUID, microsoft: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    tidy()
    go_on(monkeypatch)

    assert record(draft).state == State.SENT
    tidy()
    assert len(kept(draft)) == 1  # the copy that was sent


def test_a_draft_that_may_have_been_sent_stays(
    microsoft: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    microsoft.fault("504", only="/send")
    message = send()
    backlog.change(message, state=State.FAILED, finished_at=record(message).accepted_at)

    tidy()

    assert len(kept(message)) == 1


def test_what_microsoft_does_not_delete_now_is_tried_again(
    draft: UUID, microsoft: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(monkeypatch, timedelta(minutes=5))
    cancel(draft)
    microsoft.fault("503", only="DELETE ")

    tidy()
    assert len(kept(draft)) == 1
    tidy()

    assert kept(draft) == []


def test_a_mailbox_that_is_busy_or_rests_is_left_alone(
    draft: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(monkeypatch, timedelta(minutes=5))
    cancel(draft)
    send_nothing_for(timedelta(minutes=1))

    tidy()

    assert len(kept(draft)) == 1


def test_without_the_permission_nothing_is_tried(
    draft: UUID, microsoft: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(monkeypatch, timedelta(minutes=5))
    cancel(draft)
    with db.session() as session:
        reset.reset(session, accounts.find(session).id, "Ann")

    assert leftovers.due() == []


def test_who_sends_it_after_all_begins_with_a_new_draft(
    draft: UUID, microsoft: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(monkeypatch, timedelta(minutes=5))
    backlog.change(draft, state=State.FAILED, due_at=None)
    tidy()
    with db.session() as session:
        decisions.retry(session, draft, "Ann")

    work()

    assert record(draft).state == State.SENT
    assert len(microsoft.mails()) == 1


def send_nothing_for(wait: timedelta) -> None:
    with db.session() as session:
        account = accounts.find(session).id
        feed = session.get_one(lanes.FeedRow, account)
        assert feed.lane_id is not None
        lanes.pause(session, feed.lane_id, clock.now() + wait)


def test_the_draft_of_an_application_goes_from_where_it_was(
    house: Config, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    applying.approve(house, sandbox)
    applying.add(applying.DOMAIN, large=True)
    sandbox.fault("503", only="/createUploadSession")
    file = Attachment(b"x" * 4_500_000, name="large.bin")
    message = applying.send(NOREPLY, attachments=[file])
    assert record(message).state == State.QUEUED
    later(monkeypatch, timedelta(minutes=5))
    cancel(message)

    tidy()

    [deleted] = sandbox.calls("DELETE ")
    assert deleted["path"].startswith(f"/v1.0/users/{NOREPLY}/messages/")
    assert deleted["status"] == 204
    assert leftovers.due() == []
