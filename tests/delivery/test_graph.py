"""Sending through the sandbox: which call carries a message, and what is refused."""

from portal.accept import Caller
from portal.config import Config
from portal.delivery.graph import Graph
from portal.delivery.worker import Worker
from portal.intake import desk
from portal.mail.message import Message
from tests.sandbox.serving import Sandbox


def test_the_own_mailbox_sends_mime(contoso: Config, sandbox: Sandbox) -> None:
    desk.take(Message(to="jane@example.com", subject="Own"), Caller(name="test"))

    Worker({"graph": Graph(contoso.graph_url)}).work_once()

    assert [mail["subject"] for mail in sandbox.mails()] == ["Own"]
