"""The page of alerts: channels are added, tried and removed, troubles shown."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from uuid import UUID

import pytest
from werkzeug.test import TestResponse

from portal import config, db
from portal.explanations.graph import NO_SEND_AS
from portal.mail import lanes
from portal.mail.lanes import Hold
from portal.mail.outbox import MessageRow
from portal.workspace import accounts, audit
from portal.workspace.incidents import channels
from portal.workspace.incidents.channels import Channel
from tests.microsoft.scripted import Server, reply, serve
from tests.trip import ANN
from tests.watch.alerts import steps
from tests.web.browsing import Browser, words

SLACK = "https://hooks.slack.com/services/T000/B000/geheim-tail"
PORTUGUESE = {"Accept-Language": "pt-BR"}


@pytest.fixture
def receiver(ann: Browser) -> Iterator[Server]:
    """Serve a webhook on this machine, where alerts may go."""
    with serve() as server:
        here = (ip_network("127.0.0.1/32"),)
        config.use(replace(config.current(), alert_private=here))
        yield server


def post(browser: Browser, address: str, **fields: str) -> TestResponse:
    return browser.post(address, fields, form_at="/alerts")


def add(browser: Browser, url: str, name: str = "Operations") -> TestResponse:
    given = {"hook-name": name, "hook-address": url}
    return post(browser, "/alerts/webhooks", **given)


def every() -> list[Channel]:
    with db.reading() as session:
        return channels.every(session)


def default() -> UUID:
    with db.reading() as session:
        return accounts.find(session).id


def audited() -> list[tuple[str, str]]:
    with db.reading() as session:
        found = audit.page(session, None, 50)
    return [(each.action, each.subject) for each in found if "alert" in each.action]


def test_a_webhook_is_added_by_what_its_host_tells(ann: Browser) -> None:
    page = ann.follow(add(ann, SLACK))

    [channel] = every()
    assert (channel.name, channel.way) == ("Operations", "slack")
    assert "Operations is added." in words(page)
    assert "hooks.slack.com …tail" in words(page)
    assert audited() == [("added alert channel: slack", "Operations")]


def test_its_address_comes_back_nowhere(
    ann: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "portal")

    pages = [add(ann, SLACK), add(ann, SLACK), add(ann, f"http{SLACK[5:]}")]
    pages += [ann.get(address) for address in ("/alerts", "/audit")]

    assert [page.status_code for page in pages] == [303, 422, 422, 200, 200]
    assert "geheim" not in caplog.text + "".join(page.text for page in pages)


def test_what_our_own_json_is_signed_with_is_shown_once(
    ann: Browser, receiver: Server
) -> None:
    page = add(ann, receiver.url)

    secret = page.text.partition('translate="no">')[2].partition("<")[0]
    assert (page.status_code, page.headers["Cache-Control"]) == (201, "no-store")
    assert len(bytes.fromhex(secret)) == 32
    assert secret not in ann.get("/alerts").text


def test_a_channel_is_tried_by_a_button(ann: Browser, receiver: Server) -> None:
    add(ann, receiver.url)

    answer = post(ann, f"/alerts/{every()[0].id}/test")

    assert "Operations took the test alert." in words(ann.follow(answer))
    assert json.loads(receiver.requests[0].body)["state"] == "test"


def test_a_channel_that_refuses_says_why(ann: Browser, receiver: Server) -> None:
    add(ann, receiver.url)
    receiver.will(reply(503))

    page = ann.follow(post(ann, f"/alerts/{every()[0].id}/test"))

    assert words(page).count("127.0.0.1 answered 503.") == 2  # as news, and in its row
    assert every()[0].failed_at is not None


def test_a_mailbox_is_told_by_the_account_that_was_chosen(ann: Browser) -> None:
    ann.enable(ANN)
    given = {
        "mailbox-name": "Ann",
        "mailbox-to": ANN,
        "mailbox-account": str(default()),
    }

    page = ann.follow(post(ann, "/alerts/mailboxes", **given))
    post(ann, f"/alerts/{every()[0].id}/test")

    assert "by the account default" in words(page)
    with db.reading() as session:
        assert session.query(MessageRow).one().to == [ANN]


@pytest.mark.parametrize(
    ("where", "fields", "told"),
    [
        ("webhooks", {"hook-name": " ", "hook-address": SLACK}, "give it a name"),
        (
            "webhooks",
            {"hook-name": "x" * 101, "hook-address": SLACK},
            "A name has 1 to",
        ),
        ("webhooks", {"hook-name": "x"}, "begins with https://"),
        (
            "webhooks",
            {"hook-name": "x", "hook-address": "https://ann:geheim@h.example/"},
            "names no user",
        ),
        (
            "webhooks",
            {"hook-name": "x", "hook-address": "https://10.1.2.3/geheim"},
            "10.1.2.3 leads into a private network, where no alert is sent. If alerts"
            " may go there, please name the network in PORTAL_ALERT_PRIVATE.",
        ),
        (
            "webhooks",
            {"hook-name": "x", "hook-address": SLACK, "hook-way": "mail"},
            "Please choose one of these.",
        ),
        ("mailboxes", {"mailbox-name": "x"}, "Please say whom to tell."),
        (
            "mailboxes",
            {"mailbox-name": "x", "mailbox-to": ANN, "mailbox-account": "x"},
            "This account is not there any more.",
        ),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    ann: Browser, where: str, fields: dict[str, str], told: str
) -> None:
    page = post(ann, f"/alerts/{where}", **fields)

    assert page.status_code == 422
    assert told in words(page)
    assert every() == []


def test_a_channel_is_removed_after_a_word_about_it(ann: Browser) -> None:
    add(ann, SLACK)
    asks = ann.get(f"/alerts/{every()[0].id}/removal")
    assert "Remove Operations?" in words(asks)
    assert "hooks.slack.com …tail is told of nothing any more" in words(asks)

    page = ann.follow(post(ann, f"/alerts/{every()[0].id}/removal"))

    assert every() == []
    assert "it is told of nothing any more" in words(page)
    assert audited()[0] == ("removed alert channel", "Operations")


def test_what_the_environment_names_is_only_tried(
    ann: Browser, receiver: Server
) -> None:
    config.use(replace(config.current(), alert_webhook=receiver.url))
    steps.look()
    shown = ann.get("/alerts")
    [row] = every()

    tried = ann.follow(post(ann, f"/alerts/{row.id}/test"))

    assert "PORTAL_ALERT_WEBHOOK Webhook · set by the environment" in words(shown)
    assert f"/alerts/{row.id}/removal" not in shown.text
    assert post(ann, f"/alerts/{row.id}/removal").status_code == 403
    assert "PORTAL_ALERT_WEBHOOK took the test alert." in words(tried)


def test_who_does_not_know_its_address_says_where_it_is_set(
    ann: Browser, receiver: Server
) -> None:
    config.use(replace(config.current(), alert_webhook=receiver.url))
    steps.look()
    config.use(replace(config.current(), alert_webhook=""))

    tried = ann.follow(post(ann, f"/alerts/{every()[0].id}/test"))

    assert "PORTAL_ALERT_WEBHOOK is not set for this process" in words(tried)


def test_what_is_gone_cannot_be_tried_or_removed(ann: Browser) -> None:
    gone = "0193a8a2-7c1e-7d3a-9b5e-2f6a1c0d4e5f"

    assert post(ann, f"/alerts/{gone}/test").status_code == 404
    assert post(ann, f"/alerts/{gone}/removal").status_code == 404
    assert ann.get(f"/alerts/{gone}/removal").status_code == 404


def test_a_trouble_is_shown_with_who_can_end_it_and_how(ann: Browser) -> None:
    ann.enable(ANN)
    why = Hold(reason=NO_SEND_AS.sentence, cause=NO_SEND_AS.name)
    with db.session() as session:
        lanes.hold(session, default(), why)
    steps.look()
    going_on = ann.get("/alerts")
    steps.release(default())
    steps.look()
    over = ann.get("/alerts", **PORTUGUESE)

    for told in (
        "The account default sends nothing.",
        NO_SEND_AS.title,
        NO_SEND_AS.why,
    ):
        assert told in words(going_on)
    assert "For: a Microsoft 365 admin." in words(going_on)
    assert "A conta default não envia nada." in words(over)
    assert "1 min" in words(over)
