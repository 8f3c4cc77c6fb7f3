"""What Gmail says by SMTP, and what it means for a message or its account."""

import pytest

from portal.errors import Deferred, DeliveryError, Withheld
from portal.explanations.google import gmail
from portal.submission.client import Reply
from portal.submission.replies import Step, decide
from portal.workspace.accounts.servers import Provider


@pytest.mark.parametrize(
    ("reply", "at", "kind"),
    [
        ("421 4.7.0 Try again later, closing connection.", Step.HELLO, Deferred),
        ("454 4.7.0 Too many login attempts", Step.SIGN_IN, Deferred),
        ("550 5.4.5 Daily user sending limit exceeded", Step.RECIPIENT, Deferred),
        ("535 5.7.8 Username and Password not accepted", Step.SIGN_IN, Withheld),
        ("534 5.7.14 Please log in via your web browser", Step.SIGN_IN, Withheld),
        ("530 5.7.0 Authentication Required", Step.SENDER, Withheld),
    ],
)
def test_what_gmail_says_has_a_meaning(
    reply: str, at: Step, kind: type[DeliveryError]
) -> None:
    assert said(reply, at)[0] is kind


def test_what_gmail_blocks_for_its_content_is_not_called_too_large() -> None:
    blocked = said("552 5.7.0 This message was blocked", Step.CONTENT)

    assert blocked[1] == gmail.BLOCKED.name


def said(reply: str, at: Step) -> tuple[type[DeliveryError], str]:
    status, _, text = reply.partition(" ")
    row = decide(Reply(status=int(status), text=text), at, Provider.GOOGLE)
    return row.kind, row.name
