"""What of a mail reaches Graph when it leaves from another address, as JSON."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest

from portal import config, db
from portal.accept import Caller
from portal.config import Config
from portal.delivery.graph import REQUEST_BYTES, TOO_LARGE, Graph
from portal.delivery.worker import Worker
from portal.intake import desk
from portal.mail import outbox
from portal.mail.message import Attachment, Message
from portal.mail.outbox import Record, State
from tests.microsoft import scripted
from tests.sandbox.serving import Sandbox
from tests.trip import connect

CALLER = Caller(name="test")
NOREPLY = "noreply@contoso.example"
JANE = "jane@example.com"


@pytest.fixture
def noreply(house: Config, sandbox: Sandbox) -> None:
    """Connect the default account so that it sends as another address."""
    config.use(replace(house, login_url=sandbox.url, graph_url=sandbox.url))
    connect(sandbox, "reports@contoso.example", NOREPLY)


@pytest.fixture
def wire() -> Iterator[scripted.Server]:
    """Serve a Graph that accepts everything and keeps what it got."""
    with scripted.serve() as server:
        yield server


def sent(message: Message | bytes, graph: str | None = None) -> Record:
    taken = UUID(desk.take(message, CALLER).id)
    worker = Worker({"graph": Graph(graph or config.current().graph_url)})
    while worker.work_once():
        pass
    with db.reading() as session:
        return outbox.find(session, taken)


@pytest.mark.usefixtures("noreply")
@pytest.mark.parametrize(
    "message",
    [
        # Each sign is two bytes in JSON, and one in the mail.
        Message(to=JANE, text='"' * (REQUEST_BYTES // 2)),
        Message(to=JANE, attachments=[Attachment(b"x" * REQUEST_BYTES, "large.bin")]),
    ],
    ids=["text", "file"],
)
def test_a_request_over_the_limit_is_not_made(
    message: Message, wire: scripted.Server
) -> None:
    record = sent(message, wire.url)

    assert (record.state, record.reason) == (State.HELD, TOO_LARGE)
    assert wire.requests == []


@pytest.mark.usefixtures("noreply")
def test_what_fits_as_it_is_sent_is_not_held(wire: scripted.Server) -> None:
    # In the mail it is base64, and would not fit.
    record = sent(Message(to=JANE, text="ü" * (REQUEST_BYTES // 2 - 1_000)), wire.url)

    [request] = wire.requests
    assert record.state == State.SENT
    assert REQUEST_BYTES - 3_000 < len(request.body) <= REQUEST_BYTES
