"""Send on Behalf: enough to send from another mailbox, and its readers see both."""

from dataclasses import replace
from uuid import UUID

import pytest

from portal import config
from portal.accept import Caller
from portal.config import Config
from portal.intake import desk
from portal.mail.message import Message
from portal.mail.outbox import State
from tests.delivery.steps import record, work
from tests.sandbox.serving import Sandbox
from tests.trip import connect, connect_large

REPORTS = "reports@contoso.example"
NOREPLY = "noreply@contoso.example"


@pytest.mark.parametrize("large", [False, True], ids=["JSON", "draft"])
def test_who_may_send_on_behalf_sends_and_is_named(
    house: Config, sandbox: Sandbox, large: bool
) -> None:
    config.use(replace(house, login_url=sandbox.url, graph_url=sandbox.url))
    if large:
        connect_large(house, sandbox, REPORTS, NOREPLY)
    else:
        connect(sandbox, REPORTS, NOREPLY)
    sandbox.fault("send-as-withdrawn", times=None)
    sandbox.fault("on-behalf-given", times=None, user=REPORTS)

    brought = Message(to="jane@example.com", subject="Report", text="Well.")
    message = UUID(desk.take(brought, Caller(name="test")).id)
    work()

    [mail] = sandbox.mails("Report")
    assert record(message).state == State.SENT
    assert (mail["from"], mail["to"]) == (NOREPLY, ["jane@example.com"])
    assert REPORTS in mail["headers"]["Sender"]
