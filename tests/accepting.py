"""The way into the outbox, as these tests take it."""

from dataclasses import replace
from uuid import uuid4

from portal import accept, db
from portal.accept import Caller, Draft, Order, Receipt
from portal.mail import content
from portal.mail.content import ChunkRow, ContentRow
from portal.mail.outbox import MessageRow, Priority
from tests import keyring

DRAFT = Draft(
    sender="",
    account=None,
    to=("cleo@fabrikam.example",),
    cc=(),
    bcc=("hidden@fabrikam.example",),
    subject="Grüße",
    priority=Priority.HIGH,
    tags=("invoice",),
    meaning=b"the same",
)
BEN = Caller(name="Ben's app", key_id=uuid4())
ONCE = replace(BEN, idempotency_key="order 66")


def check(draft: Draft = DRAFT, caller: Caller = BEN) -> Order | Receipt:
    keyring.put(caller.key_id)
    with db.reading() as session:
        return accept.check(session, draft, caller)


def order(draft: Draft = DRAFT, caller: Caller = BEN) -> Order:
    checked = check(draft, caller)
    assert isinstance(checked, Order)
    return checked


def store(checked: Order) -> Receipt:
    """Store an order with its content, as the desk does what is small."""
    with db.session() as session:
        upload = content.begin(session, checked.message_id)
        for part, piece in enumerate([b"skeleton", b"file"]):
            for chunk in content.chunks(part, [piece]):
                content.add(session, upload, chunk)
        return accept.accept(session, checked, upload, (8, 4))


def send(draft: Draft = DRAFT, caller: Caller = BEN) -> Receipt:
    checked = check(draft, caller)
    return checked if isinstance(checked, Receipt) else store(checked)


def stored() -> dict[str, int]:
    with db.reading() as session:
        return {
            row.__tablename__: session.query(row).count()
            for row in (MessageRow, ContentRow, ChunkRow)
        }
