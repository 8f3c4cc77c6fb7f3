"""A draft that may have been sent leaves as that draft, or not at all."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from portal import config, db
from portal.accept import Caller
from portal.delivery.graph import Graph
from portal.delivery.worker import Worker
from portal.intake import desk
from portal.mail.message import Message
from portal.mail.outbox import State, claims
from portal.workspace import accounts
from portal.workspace.accounts import Settings
from portal.workspace.consent import reset
from tests import trip
from tests.delivery.drafting import ADMIN, NOREPLY, get_through, go_on, send_unanswered
from tests.delivery.steps import later, record, work
from tests.sandbox.serving import Sandbox

REPORTS = "reports@contoso.example"


def save(sender: str, *, large: bool) -> None:
    with db.session() as session:
        account = accounts.find(session)
        wish = Settings(sender=sender, large_attachments=large)
        accounts.apply(session, account.id, wish, "test")


def switch_off(_: Sandbox) -> None:
    save(NOREPLY, large=False)


def send_as_oneself(_: Sandbox) -> None:
    save(ADMIN, large=True)


def send_as_oneself_without(_: Sandbox) -> None:
    save(ADMIN, large=False)


def reset_and_connect(microsoft: Sandbox) -> None:
    with db.session() as session:
        reset.reset(session, accounts.find(session).id, ADMIN)
    trip.connect_as(microsoft, ADMIN, NOREPLY)


CHANGES = [switch_off, send_as_oneself, send_as_oneself_without, reset_and_connect]
Change = Callable[[Sandbox], None]


@pytest.mark.parametrize("change", CHANGES)
def test_a_draft_that_gets_through_by_itself_leaves_by_no_other_road(
    drafting: Sandbox, monkeypatch: pytest.MonkeyPatch, change: Change
) -> None:
    message = send_unanswered(drafting, monkeypatch)
    get_through(message)

    change(drafting)
    go_on(monkeypatch)

    assert record(message).state in {State.SENT, State.UNCONFIRMED}
    assert len(drafting.mails()) == 1


@pytest.mark.parametrize("change", CHANGES)
def test_a_draft_that_stays_one_is_not_called_sent(
    drafting: Sandbox, monkeypatch: pytest.MonkeyPatch, change: Change
) -> None:
    message = send_unanswered(drafting, monkeypatch)

    change(drafting)
    go_on(monkeypatch)

    ended = (record(message).state, len(drafting.mails()))
    assert ended in {(State.SENT, 1), (State.UNCONFIRMED, 0)}


def test_what_was_claimed_for_another_mailbox_goes_again_by_its_own(
    drafting: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought = Message(to="jane@example.com", subject="Report", text="Well.")
    receipt = desk.take(brought, Caller(name="test"))
    with db.session() as session:
        [claim] = claims.take(session, "a slow worker", 1)

    trip.connect_large(config.current(), drafting, REPORTS, REPORTS)
    Worker({"graph": Graph(config.current().graph_url)})._deliver(claim)
    assert drafting.mails() == []
    later(monkeypatch, timedelta(minutes=1))
    work()

    [mail] = drafting.mails()
    assert (mail["mailbox"], str(claim.message_id)) == (REPORTS, receipt.id)
    assert record(claim.message_id).state == State.SENT
