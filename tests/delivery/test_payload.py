"""What of a mail reaches Graph when it leaves from another address, as JSON."""

from base64 import encodebytes
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest

from portal import config, db
from portal.accept import Caller
from portal.config import Config
from portal.delivery.graph import Graph
from portal.delivery.graph.written import REQUEST_BYTES
from portal.delivery.worker import Worker
from portal.explanations.graph import TOO_BIG_FOR_ONE_REQUEST
from portal.intake import desk
from portal.mail.message import Attachment, Message
from portal.mail.outbox import State, records
from portal.mail.outbox.records import Record
from tests.microsoft import scripted
from tests.sandbox.serving import Sandbox
from tests.trip import connect

CALLER = Caller(name="test")
NOREPLY = "noreply@contoso.example"
JANE = "jane@example.com"

HEAD = f"From: {NOREPLY}\r\nTo: {JANE}\r\nSubject: S\r\n".encode()
TEXT = b"Content-Type: text/plain\r\n\r\nWell."
HTML = b"Content-Type: text/html\r\n\r\n<p>Well.</p>"
FOOTER = b"Content-Type: text/plain\r\n\r\nYou are on the list."
INVITE = b"Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR"
TABLE = b"Content-Type: text/csv\r\n\r\na,b"


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
        return records.find(session, taken)


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

    held = (State.HELD, TOO_BIG_FOR_ONE_REQUEST.sentence)
    assert (record.state, record.reason) == held
    assert wire.requests == []


@pytest.mark.usefixtures("noreply")
def test_what_fits_as_it_is_sent_is_not_held(wire: scripted.Server) -> None:
    # In the mail it is base64, and would not fit.
    record = sent(Message(to=JANE, text="ü" * (REQUEST_BYTES // 2 - 1_000)), wire.url)

    [request] = wire.requests
    assert record.state == State.SENT
    assert REQUEST_BYTES - 3_000 < len(request.body) <= REQUEST_BYTES


def mixed(*parts: bytes, kind: bytes = b"mixed") -> bytes:
    start = b"Content-Type: multipart/%b; boundary=b\r\n\r\n" % kind
    inner = b"".join(b"--b\r\n%b\r\n" % part for part in parts)
    return HEAD + start + inner + b"--b--\r\n"


@pytest.mark.usefixtures("noreply")
def test_a_file_that_came_in_base64_counts_once(wire: scripted.Server) -> None:
    file = b"x" * (REQUEST_BYTES * 3 // 4 - 3_000)
    part = b"Content-Transfer-Encoding: base64\r\n\r\n" + encodebytes(file)

    record = sent(mixed(TEXT, b"Content-Type: x/y\r\n" + part), wire.url)

    [request] = wire.requests
    assert record.state == State.SENT
    assert REQUEST_BYTES - 5_000 < len(request.body) <= REQUEST_BYTES


@pytest.mark.usefixtures("noreply")
@pytest.mark.parametrize(
    ("part", "name", "size"),
    [
        (INVITE, "invite.ics", len("BEGIN:VCALENDAR")),
        (FOOTER, "attachment-1.txt", len("You are on the list.")),
        (TABLE, "attachment-1.csv", len("a,b")),
    ],
    ids=["invite", "footer", "table"],
)
def test_what_is_not_the_body_goes_as_a_file_and_is_told(
    sandbox: Sandbox, part: bytes, name: str, size: int
) -> None:
    record = sent(mixed(TEXT, part))

    [mail] = sandbox.mails()
    assert mail["text"].strip() == "Well."
    assert [(each["name"], each["size"]) for each in mail["attachments"]] == [
        (name, size)
    ]
    assert (record.state, name in record.reason) == (State.SENT, True)


@pytest.mark.usefixtures("noreply")
def test_an_invitation_says_that_it_lost_its_buttons(sandbox: Sandbox) -> None:
    record = sent(mixed(TEXT, HTML, INVITE, kind=b"alternative"))

    assert sandbox.mails()[0]["html"].strip() == "<p>Well.</p>"
    assert "the plain text beside the HTML" in record.reason
    assert "invite.ics (an invitation, without its buttons" in record.reason


@pytest.mark.usefixtures("noreply")
@pytest.mark.parametrize(
    ("mail", "what"),
    [
        (HEAD + b"Content-Type: text/plain; charset=x-no\r\n\r\nx", "x-no"),
        (HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\n\xfc", "utf-8"),
        (mixed(TEXT, b"Content-Transfer-Encoding: x-no\r\n\r\nx"), "x-no"),
        (mixed(TEXT, FOOTER, kind=b"report"), "multipart/report"),
        (mixed(TEXT, FOOTER, kind=b"signed"), "signed or encrypted"),
    ],
    ids=["charset", "wrong charset", "encoding", "report", "signed"],
)
def test_what_cannot_be_carried_is_held_and_named(
    sandbox: Sandbox, mail: bytes, what: str
) -> None:
    record = sent(mail)

    assert (record.state, what in record.reason) == (State.HELD, True)
    assert sandbox.mails() == []


@pytest.mark.usefixtures("noreply")
def test_every_header_is_carried_or_told(sandbox: Sandbox) -> None:
    given = ["X-Same: 1"] * 6 + ["X-: 1"] + [f"Other-{n}: 1" for n in range(9)]
    record = sent("\r\n".join(given).encode() + b"\r\n" + HEAD + b"\r\nx")

    assert record.state == State.SENT
    for told in ("header X-Same;", "header X-;", "header Other-7;", "headers (1)."):
        assert told in record.reason


@pytest.mark.usefixtures("noreply")
def test_only_what_the_html_shows_is_inline(sandbox: Sandbox) -> None:
    files = [
        Attachment(b"1", "logo.png", content_id="logo@1"),
        Attachment(b"2", "list.pdf", content_id="list"),
    ]
    sent(
        Message(
            to=JANE,
            html="<img src='cid:logo%401'><a href='cid:list2'>",
            attachments=files,
        )
    )

    [mail] = sandbox.mails()
    assert [(each["name"], each["inline"]) for each in mail["attachments"]] == [
        ("logo.png", True),
        ("list.pdf", False),
    ]
