"""Sending through the sandbox: which call carries a message, and what is refused."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from portal import config, db, vault
from portal.accept import Caller
from portal.config import Config
from portal.delivery.graph import Graph
from portal.delivery.graph.written import REQUEST_BYTES
from portal.delivery.parcels import Lease, pack
from portal.errors import Deferred
from portal.explanations.graph import TOO_BIG_FOR_ONE_REQUEST
from portal.intake import desk
from portal.mail.message import Attachment, Message
from portal.mail.outbox import State, claims
from portal.workspace import accounts, connections
from tests.delivery.steps import record, work
from tests.sandbox.serving import Sandbox
from tests.trip import connect

CALLER = Caller(name="test")
REPORTS = "reports@contoso.example"
NOREPLY = "noreply@contoso.example"
TEAM = "team@contoso.example"


def send(**fields: Any) -> UUID:
    fields = {"to": "jane@example.com", "subject": "Report", "text": "Well."} | fields
    return UUID(desk.take(Message(**fields), CALLER).id)


def test_the_own_mailbox_sends_mime(contoso: Config, sandbox: Sandbox) -> None:
    picture = Attachment(b"\x89PNG", name="logo.png", content_id="logo")
    files = [picture, Attachment(b"a,b\n", name="größe.csv")]
    html = "<img src='cid:logo'>"
    message = send(
        html=html, cc="c@example.com", bcc="b@example.com", attachments=files
    )

    work()

    [mail] = sandbox.mails()
    assert record(message).state == State.SENT
    assert mail["call"] == "POST /v1.0/me/sendMail"
    assert mail["internet_message_id"] == record(message).internet_message_id
    assert (mail["to"], mail["cc"]) == (["jane@example.com"], ["c@example.com"])
    assert mail["bcc"] == ["b@example.com"]
    assert "Bcc" not in mail["headers"]
    assert {each["name"] for each in mail["attachments"]} == {"logo.png", "größe.csv"}
    assert mail["text"].strip() == "Well."


def test_another_address_is_sent_as_json(house: Config, sandbox: Sandbox) -> None:
    connected(sandbox, REPORTS, NOREPLY)
    file = Attachment(b"a,b\n", name="a.csv")
    html = "<b>Well.</b>"
    headers = {"X-Ticket": "7"}
    message = send(html=html, text=None, attachments=[file], headers=headers)

    work()

    [mail] = sandbox.mails()
    assert record(message).state == State.SENT
    assert (mail["from"], mail["mailbox"]) == (NOREPLY, REPORTS)
    assert mail["html"].strip() == html
    assert mail["headers"]["X-Ticket"] == "7"
    assert mail["attachments"][0]["size"] == 4


def test_a_group_is_sent_as_too(house: Config, sandbox: Sandbox) -> None:
    connected(sandbox, REPORTS, TEAM)
    send()

    work()

    assert sandbox.mails()[0]["from"] == TEAM


def test_what_json_cannot_carry_is_told(house: Config, sandbox: Sandbox) -> None:
    connected(sandbox, REPORTS, NOREPLY)
    message = send(
        html="<b>both</b>", headers={"List-Unsubscribe": "<mailto:u@x.example>"}
    )

    work()

    reason = record(message).reason
    assert "List-Unsubscribe" in reason
    assert "plain text" in reason


def test_what_does_not_fit_is_held_and_named(contoso: Config, sandbox: Sandbox) -> None:
    file = Attachment(b"x" * (REQUEST_BYTES * 9 // 16), name="large.bin")
    message = send(attachments=[file])

    work()

    assert record(message).state == State.HELD
    assert record(message).reason == TOO_BIG_FOR_ONE_REQUEST.sentence
    assert record(message).cause == TOO_BIG_FOR_ONE_REQUEST.name
    assert sandbox.mails() == []


def test_what_just_fits_is_sent(contoso: Config, sandbox: Sandbox) -> None:
    # Twice base64: the file in the mail, and the mail in the request; a line end
    # after each 76 characters takes its share.
    file = Attachment(b"x" * (REQUEST_BYTES * 9 // 16 * 76 // 78 - 2_000), name="l.bin")
    message = send(attachments=[file])

    work()

    assert record(message).state == State.SENT


def test_a_spoiled_token_is_renewed_once(contoso: Config, sandbox: Sandbox) -> None:
    spoil_access_token()
    message = send()

    work()

    assert record(message).state == State.SENT
    assert len(sandbox.mails()) == 1


def test_a_revoked_grant_holds_the_account(contoso: Config, sandbox: Sandbox) -> None:
    sandbox.fault("revoked", user="admin@contoso.example")
    message = send()

    work()

    assert record(message).state == State.HELD
    with db.reading() as session:
        connection = connections.find(session, accounts.find(session).id)
    assert connection
    assert connection.trouble


def test_a_new_connection_releases_what_waited(
    contoso: Config, sandbox: Sandbox
) -> None:
    sandbox.fault("revoked", user="admin@contoso.example")
    message = send()
    work()
    sandbox.clear()

    connect(sandbox, "admin@contoso.example")
    work()

    assert record(message).state == State.SENT
    assert len(sandbox.mails()) == 1


def test_a_reconnection_in_between_sends_nothing_with_the_new_one(
    contoso: Config, sandbox: Sandbox
) -> None:
    message = send()
    with db.session() as session:
        [claim] = claims.take(session, "slow", 1)
    transports = {"graph": Graph(config.current().graph_url)}
    lease = Lease(claim)
    graph, parcel = pack(lease, transports)

    connect(sandbox, REPORTS)

    with pytest.raises(Deferred):
        graph.deliver(parcel, lease)
    assert sandbox.mails() == []
    assert record(message).state == State.SENDING


def connected(sandbox: Sandbox, as_: str, sender: str) -> None:
    settings = config.current()
    config.use(replace(settings, login_url=sandbox.url, graph_url=sandbox.url))
    connect(sandbox, as_, sender)


def spoil_access_token() -> None:
    """Keep one that Microsoft does not know."""
    with db.session() as session:
        row = connections.in_use(session, accounts.find(session).id)
        assert row
        row.sealed_access = vault.seal(b"not a token", f"access token {row.id}")
