"""Settings of an account that are tried before they are saved, or instead."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from portal import db
from portal.accept import Caller
from portal.explanations.row import TRIAL_OVER
from portal.intake import bulk
from portal.mail.outbox import MessageRow, State
from portal.workspace import accounts
from portal.workspace.people import keys
from tests import stored, terminal
from tests.conftest import Passing
from tests.delivery.smtp.obeying import CLOSE, Obeying, obeying
from tests.mail import backlog
from tests.web.branch import BRANCH, add, fields, named, send_test, sent_by_smtp, server
from tests.web.browsing import BASE, Browser, words


def test_what_is_typed_is_tried_and_nothing_of_it_stays(ann: Browser) -> None:
    with obeying() as relay:
        given = fields(port=str(relay.port))
        answer = ann.post("/accounts/trial", given, form_at="/accounts/new")
        waiting = words(ann.get(answer.headers["Location"]))
        sent_by_smtp()
        verdict = words(ann.get(answer.headers["Location"]))

    assert "on its way" in waiting
    assert "A test e-mail was sent to admin@contoso.example" in verdict
    assert len(relay.mails) == 1
    with db.reading() as session:
        assert [each.name for each in accounts.every(session)] == ["default"]


def test_a_change_is_tried_with_the_password_that_is_kept(ann: Browser) -> None:
    with obeying() as relay:
        account = add(ann, port=str(relay.port))
        at = f"/accounts/{account.id}"
        given = fields(
            password="", sender="other@contoso.example", port=str(relay.port)
        )
        answer = ann.post(f"{at}/trial", given, form_at=at)
        sent_by_smtp()
        verdict = words(ann.get(answer.headers["Location"]))

    assert "A test e-mail was sent" in verdict
    assert named(account.name).sender == BRANCH["sender"]
    assert "tried account: sends by 127.0.0.1" in words(ann.get("/audit"))


def add_trial(ann: Browser, relay: Obeying) -> str:
    """Make a trial of what is typed; return the address that tells how it went."""
    given = fields(port=str(relay.port))
    answer = ann.post("/accounts/trial", given, form_at="/accounts/new")
    assert stored.rows("smtp_server") == 1
    return answer.headers["Location"]


@pytest.mark.parametrize(
    ("replies", "told"),
    [
        ({}, "A test e-mail was sent"),
        ({"AUTH": ["535 5.7.8 wrong"] * 3}, "Failed to send"),
        ({"MAIL": ["550 5.7.60 not you"]}, "Failed to send"),
        ({"CONTENT": ["554 5.6.0 not this"]}, "Failed to send"),
    ],
    ids=["sent", "held", "not-as", "refused"],
)
def test_a_trial_is_gone_with_its_verdict(
    ann: Browser, replies: dict[str, list[str]], told: str
) -> None:
    with obeying(replies=replies) as relay:
        there = add_trial(ann, relay)
        sent_by_smtp()

    assert stored.rows("smtp_server") == 0
    assert told in words(ann.get(there))


def test_what_is_told_of_a_trial_says_that_it_was_one(ann: Browser) -> None:
    with obeying(replies={"AUTH": ["535 5.7.8 wrong"] * 3}) as relay:
        there = add_trial(ann, relay)
        sent_by_smtp()

    message = f"/messages/{there.rpartition('/')[2]}"
    for told in (words(ann.get("/log")), words(ann.get(message))):
        assert TRIAL_OVER in told
        assert "Who must act a workspace admin" in told
        assert "kept, and goes by itself" not in told
    assert TRIAL_OVER in terminal.portal("log").out


def test_the_settings_that_were_tried_are_shown_beside_no_others(
    ann: Browser,
) -> None:
    with obeying(replies={"AUTH": ["535 5.7.8 wrong"] * 3}) as relay:
        add_trial(ann, relay)
        sent_by_smtp()

    page = words(ann.get("/log"))
    assert "Mail settings that were tried." in page
    assert "branch@contoso.example" in page
    assert "changed since" not in page
    assert "Now" not in page


@pytest.mark.parametrize(
    ("serving", "later"),
    [
        ({"replies": {"CONTENT": [CLOSE]}}, {"seconds": 6}),
        ({"greeting": "421 4.3.2 later"}, {"minutes": 11}),
    ],
    ids=["answer-lost", "given-up"],
)
def test_a_trial_stays_until_its_verdict_comes(
    ann: Browser, passes: Passing, serving: dict[str, Any], later: dict[str, float]
) -> None:
    with obeying(**serving) as relay:
        add_trial(ann, relay)
        sent_by_smtp()
    kept = stored.rows("smtp_server")
    passes(**later)
    sent_by_smtp()

    assert (kept, stored.rows("smtp_server")) == (1, 0)


def in_bulk(_: Browser, message: UUID) -> None:
    cancels = bulk.Decision(act=bulk.Act.CANCEL, caller=Caller(name="Ann"), which="")
    bulk.decide(cancels, [message])


def on_its_page(ann: Browser, message: UUID) -> None:
    at = f"/messages/{message}"
    ann.post(f"{at}/cancellation", form_at=at)


def at_a_terminal(_: Browser, message: UUID) -> None:
    terminal.portal("messages", "cancel", str(message))


def over_http(ann: Browser, message: UUID) -> None:
    with db.session() as session:
        secret = keys.create(session, "Ben's app")
        key = keys.check(session, secret)
        session.get_one(MessageRow, message).key_id = key.id
    cancellation = f"/api/v1/messages/{message}/cancellation"
    bearer = {"Authorization": f"Bearer {secret}"}
    ann.client.post(cancellation, base_url=BASE, headers=bearer)


@pytest.mark.parametrize("cancel", [in_bulk, on_its_page, at_a_terminal, over_http])
def test_a_trial_is_gone_when_its_mail_is_cancelled(
    ann: Browser, cancel: Callable[[Browser, UUID], None]
) -> None:
    with obeying() as relay:
        message = UUID(add_trial(ann, relay).rpartition("/")[2])

    cancel(ann, message)

    assert stored.rows("smtp_server") == 0
    assert backlog.state(message) == State.CANCELLED


def test_one_that_is_on_its_way_is_neither_cancelled_nor_gone(ann: Browser) -> None:
    with obeying() as relay:
        there = add_trial(ann, relay)
    backlog.take()
    message = UUID(there.rpartition("/")[2])
    cancels = bulk.Decision(act=bulk.Act.CANCEL, caller=Caller(name="Ann"), which="")

    step = bulk.decide(cancels, [message])

    assert step.done == 0
    assert stored.rows("smtp_server") == 1


def test_a_trial_that_never_got_a_mail_is_seen_by_nobody_and_swept_away(
    ann: Browser, passes: Passing
) -> None:
    with obeying() as relay, db.session() as session:
        sender = [BRANCH["sender"]]
        added = accounts.add_smtp(session, "x", sender, relay.server(), by="Ann")
        accounts.make_trial(session, added.id)
    with db.reading() as session:
        listed = [each.name for each in accounts.every(session)]
    passes(minutes=16)
    sent_by_smtp()

    assert listed == ["default"]
    assert stored.rows("smtp_server") == 0


def test_to_look_at_a_test_mail_ends_no_account(ann: Browser) -> None:
    account = add(ann, name="trial relay")
    there = send_test(ann, account)

    looked = ann.get(f"/accounts/trial/{there.rpartition('/')[2]}")

    assert looked.status_code == 404
    assert server(account).password == BRANCH["password"]
