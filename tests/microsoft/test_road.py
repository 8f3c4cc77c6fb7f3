"""From sign-in to a mail in the sandbox, and each mishap of Graph on the way."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from portal.errors import Answer, Deferred, DeliveryError, Withheld
from portal.microsoft import graph
from tests.microsoft import cast
from tests.microsoft.mishaps import MISHAPS
from tests.sandbox.serving import Sandbox

REPORTS = "reports@contoso.example"  # may send as team@
SHARED = (*cast.SCOPES, "Mail.Send.Shared")
Send = Callable[[str], Answer]


@pytest.fixture
def token(sandbox: Sandbox) -> str:
    app = cast.registration(sandbox.url)
    return cast.connect(sandbox, app, REPORTS, SHARED).access_token


@pytest.fixture
def send(sandbox: Sandbox, token: str) -> Send:
    """Send a mail from this address, as reports@."""

    def send(sender: str) -> Answer:
        message: dict[str, Any] = {
            "subject": "Mishap",
            "body": {"contentType": "text", "content": "Hello"},
            "toRecipients": [{"emailAddress": {"address": "b@example.com"}}],
            "from": {"emailAddress": {"address": sender}},
        }
        return graph.send_json(graph.mailbox(sandbox.url), token, {"message": message})

    return send


def test_a_group_that_may_be_sent_as_is_the_sender(
    sandbox: Sandbox, send: Send
) -> None:
    assert send("team@contoso.example").status == 202
    assert sandbox.mails("Mishap")[0]["from"] == "team@contoso.example"


def test_who_may_not_be_sent_as_holds_the_account(send: Send) -> None:
    with pytest.raises(Withheld, match="Send As") as error:
        send("alex@contoso.example")

    assert error.value.answer.code == "ErrorSendAsDenied"
    assert error.value.answer.request_id


@pytest.mark.parametrize(("fault", "kind", "arrived"), MISHAPS)
def test_a_mishap_is_judged_without_knowing_what_arrived(
    sandbox: Sandbox, send: Send, fault: str, kind: type[DeliveryError], arrived: int
) -> None:
    sandbox.fault(fault)

    with pytest.raises(kind):
        send(REPORTS)

    assert len(sandbox.mails("Mishap")) == arrived


def test_a_fraction_of_a_second_is_kept(sandbox: Sandbox, send: Send) -> None:
    sandbox.fault("429", after_seconds=2.128)

    with pytest.raises(Deferred) as error:
        send(REPORTS)

    assert error.value.after == timedelta(seconds=2.128)


def test_a_token_of_nobody_is_to_be_renewed(sandbox: Sandbox) -> None:
    with pytest.raises(graph.TokenRefused):
        graph.send_mime(graph.mailbox(sandbox.url), "worn-out", b"")


def test_too_much_for_one_request_needs_large_attachments(
    sandbox: Sandbox, token: str
) -> None:
    with pytest.raises(Withheld, match="large file attachments"):
        graph.send_mime(graph.mailbox(sandbox.url), token, bytes(4 * 1024 * 1024))
