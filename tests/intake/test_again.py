"""Resend: a new message with the old one's content, linked to it, and only once."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import UUID

import pytest

from portal import db
from portal.accept import Caller
from portal.config import Config
from portal.errors import Conflict, InvalidMessage, NotAllowed
from portal.intake import desk
from portal.mail import content, journal
from portal.mail.message import Attachment, Message
from portal.mail.outbox import MessageRow, decisions
from portal.workspace.accounts import AccountRow
from tests import keyring, stored
from tests.conftest import Passing
from tests.crowd import together
from tests.mail import backlog

OPERATOR = desk.caller("operator", None)
BEN = desk.caller("Ben's app", None, UUID("01939d2a-7f5e-7c11-8a62-9c1f2f1d0a77"))
MESSAGE = Message(
    to=["Jane <jane@example.com>"],
    cc=["joe@example.com"],
    bcc=["jim@example.com"],
    subject="Grüße",
    text="Hello",
    html="<p>Hello",
    headers={"X-Report": "7"},
    priority="high",
    tags=["weekly"],
)
TAKEN_OVER = ("sender", "to", "cc", "bcc", "subject", "priority", "tags", "recipients")


@pytest.fixture
def account(either_house: Config) -> UUID:
    """Open a lane, and send as Reports."""
    account = backlog.account()
    backlog.open_lane(account)
    sends_as("reports@contoso.example")
    keyring.put(BEN.key_id)
    return account


def sends_as(sender: str) -> None:
    with db.session() as session:
        session.query(AccountRow).one().sender = sender


def ended(brought: Message | EmailMessage | bytes = MESSAGE) -> UUID:
    """Take a message from Ben's app, and have it sent."""
    receipt = desk.take(brought, BEN)
    [claim] = backlog.take()
    backlog.settle(claim)
    return UUID(receipt.id)


def again(message: UUID, caller: Caller = OPERATOR) -> UUID:
    return UUID(desk.again(message, caller).id)


def parts(message: UUID) -> list[bytes]:
    with db.reading() as session:
        held = content.find(session, message)
        return [
            b"".join(content.pieces(held, part, lambda *at: content.read(session, *at)))
            for part in range(len(held.sizes))
        ]


def fields(skeleton: bytes) -> list[tuple[str, str]]:
    """Return the header fields, but for what belongs to one message alone."""
    read = message_from_bytes(skeleton, policy=policy.compat32)
    own = {"message-id", "date"}
    return [(name, text) for name, text in read.items() if name.lower() not in own]


def test_a_copy_is_the_same_but_for_its_id_and_its_date(
    account: UUID, passes: Passing
) -> None:
    files = [
        Attachment(bytes(3 * content.CHUNK_BYTES + 1), name="zeros.bin"),
        Attachment(b"", name="nothing.txt"),
    ]
    message = ended(MESSAGE.model_copy(update={"attachments": files}))
    passes(minutes=1)

    copy = again(message)

    (was, *old), (now, *new) = parts(message), parts(copy)
    assert (new, [len(part) for part in new]) == (old, [3 * 262_144 + 1, 0])
    assert fields(now) == fields(was)
    assert now.partition(b"\r\n\r\n")[2] == was.partition(b"\r\n\r\n")[2]
    read = [message_from_bytes(each, policy=policy.default) for each in (was, now)]
    assert read[0]["Date"].datetime < read[1]["Date"].datetime
    assert read[1]["Message-ID"] == backlog.record(copy).internet_message_id
    assert read[0]["Message-ID"] != read[1]["Message-ID"]


def test_what_fits_in_no_single_transaction_is_copied_as_well(account: UUID) -> None:
    long = Attachment(bytes(range(256)) * 12_000, name="long.bin")  # twelve chunks
    message = ended(MESSAGE.model_copy(update={"attachments": [long]}))

    copy = again(message)

    assert parts(copy)[1] == parts(message)[1]
    assert backlog.taken() == [copy]


def test_a_finished_mail_is_copied_as_it_was_written(account: UUID) -> None:
    mail = b"Message-ID: <mine@x.example>\nTo: j@example.com\nX-A:  b\n c\n\nHi\n"
    message = ended(mail)

    copy = again(message)

    [was], [now] = parts(message), parts(copy)
    assert fields(now) == fields(was)
    assert now.endswith(b"\r\n\r\nHi\r\n")
    assert now.lower().count(b"message-id:") == 1
    assert b"mine@x.example" not in now


def test_a_copy_goes_to_the_same_people_for_the_same_key(account: UUID) -> None:
    message = ended()

    copy = again(message)

    old, new = backlog.row(message), backlog.row(copy)
    assert [new[name] for name in TAKEN_OVER] == [old[name] for name in TAKEN_OVER]
    assert new["key_id"] == BEN.key_id
    assert (new["copy_of"], old["resent_as"]) == (message, copy)
    assert backlog.events(copy) == ["accepted"]


def test_a_copy_has_no_time_of_its_own(account: UUID) -> None:
    message = ended()
    with db.session() as session:
        row = session.get_one(MessageRow, message)
        row.expires_at = row.accepted_at

    copy = again(message)

    assert backlog.record(copy).expires_at is None


def test_the_old_one_tells_who_sent_it_again_and_as_what(account: UUID) -> None:
    message = ended()

    copy = again(message)

    [line] = told(message, "resent")
    assert line == f"operator sent it again, as {copy}."


def told(message: UUID, event: str) -> list[str]:
    with db.reading() as session:
        story = journal.story(session, message)
    return [line.reason for line in story if line.event == event]


def test_a_copy_of_a_copy_is_another_message(account: UUID) -> None:
    message = ended()
    copy = again(message)
    [claim] = backlog.take()
    backlog.settle(claim)

    second = again(copy)

    assert backlog.record(second).copy_of == copy
    with pytest.raises(Conflict, match=str(copy)):
        again(message)


def test_from_another_address_than_the_accounts_nothing_is_copied(
    account: UUID,
) -> None:
    message = ended(b"From: reports@contoso.example\nTo: j@example.com\n\nHi\n")
    sends_as("sales@contoso.example")
    before = stored.rows()

    with pytest.raises(NotAllowed, match=r"sales@contoso\.example"):
        again(message)

    assert stored.rows() == before
    assert backlog.record(message).resent_as is None


def test_what_is_not_over_is_not_copied(account: UUID) -> None:
    message = UUID(desk.take(MESSAGE, BEN).id)
    before = stored.rows()

    with pytest.raises(Conflict, match="waits to be sent"):
        again(message)

    assert stored.rows() == before


def test_two_at_once_make_one_copy(account: UUID) -> None:
    message = ended()
    copies: list[UUID] = []
    refusals: list[str] = []

    def resend() -> None:
        try:
            copies.append(again(message))
        except Conflict as refused:
            refusals.append(str(refused))

    together(resend)

    [copy] = copies
    assert refusals == [decisions.SUPERSEDED.format(id=copy)] * 5
    assert stored.rows("message", "content", "chunk") == 2 * 3


def test_twins_under_one_key_get_one_receipt(account: UUID) -> None:
    message = ended()
    once = desk.caller("Ben's app", "again 7", BEN.key_id)
    copies: list[UUID] = []

    together(lambda: copies.append(again(message, once)))

    assert len({*copies}) == 1
    assert again(message, once) == copies[0]
    assert stored.rows("message") == 2


def test_a_key_that_came_with_something_else_copies_nothing(account: UUID) -> None:
    once = desk.caller("Ben's app", "again 7", BEN.key_id)
    messages = [ended(), ended()]
    again(messages[0], once)

    with pytest.raises(Conflict, match="idempotency key"):
        again(messages[1], once)
    with pytest.raises(Conflict, match="idempotency key"):
        desk.take(MESSAGE, once)

    assert stored.rows("message") == 3


def test_a_key_that_is_none_is_refused_before_anything_is_copied(account: UUID) -> None:
    message = ended()

    with pytest.raises(InvalidMessage, match="Idempotency-Key"):
        again(message, desk.caller("Ben's app", "x" * 256))

    assert stored.rows("message") == 1
