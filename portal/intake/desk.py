"""The desk behind every door: checks a draft, stores its content, has it accepted.

What fits into a few chunks goes in with the message, in one transaction. Anything
longer is uploaded before, a few chunks a transaction; nobody sees it until the message
is there. Either way the receipt comes after the commit.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from email.message import Message as AnyMail
from itertools import chain
from uuid import UUID

from portal import accept, clock, config, db
from portal.accept import Caller, Draft, Order, Receipt
from portal.errors import Conflict, InvalidMessage, Problem, TooLarge
from portal.mail import content, mime
from portal.mail.content import Chunk, Content
from portal.mail.message import Address, Message, meaning
from portal.mail.outbox import Priority, decisions
from portal.mail.outbox.decisions import Copy
from portal.workspace import accounts

# Stands in the skeleton until it is known as whom the account sends.
UNDECIDED = Address(address="undecided@mail-portal.invalid")

Parts = Iterable[Iterable[bytes]]  # the skeleton, then each attachment


@dataclass(frozen=True)
class Paper:
    """A message as a door brought it: what it asks for, and how to write it down."""

    draft: Draft
    write: Callable[[Order], Parts] = field(repr=False)


def caller(name: str, key: str | None, key_id: UUID | None = None) -> Caller:
    """Say who is at the door, and which Idempotency-Key they gave; None: none."""
    if key is not None and not (isinstance(key, str) and key.strip()):
        raise _wrong("Idempotency-Key", "must be text, and not empty")
    return Caller(name=name, key_id=key_id, idempotency_key=key or "")


def take(
    message: Message | AnyMail | bytes, caller: Caller, account: str | None = None
) -> Receipt:
    """Accept a message durably, or store nothing.

    Raises Refused, CannotDecrypt or NoRoom. `account` is for a finished mail, which
    names none itself.
    """
    if isinstance(message, Message):
        paper = _structured(message, caller)
    else:
        paper = _finished(message, caller, account)
    with db.reading() as session:
        order = accept.check(session, paper.draft, caller)
    if isinstance(order, Receipt):
        return order
    return _store(order, paper.write(order))


def again(message_id: UUID, caller: Caller) -> Receipt:
    """Accept a copy of a message that has ended, or that nobody can find out.

    It is a new message, with a Message-ID of its own, and linked to the old one. Raises
    NotFound, Conflict where that cannot be, and what `take` raises.
    """
    meaning = b"again " + message_id.bytes
    with db.session() as session:
        try:
            given = decisions.resendable(session, message_id)
        except Conflict:
            # It may have been this very request that had it sent again.
            if known := accept.repeated(session, meaning, caller):
                return known
            raise
        held = content.find(session, message_id)
        draft = _drafted(session, given, meaning)
        order = accept.check(session, draft, caller)
    if isinstance(order, Receipt):
        return order
    order = replace(order, copy_of=message_id, key_id=given.key_id)
    return _store(order, _copied(held, order))


def _drafted(session: db.Session, given: Copy, meaning: bytes) -> Draft:
    return Draft(
        sender=given.sender,
        account=accounts.by_id(session, given.account_id).name,
        to=given.to,
        cc=given.cc,
        bcc=given.bcc,
        subject=given.subject,
        priority=given.priority,
        tags=given.tags,
        meaning=meaning,
    )


def _copied(held: Content, order: Order) -> Parts:
    skeleton = b"".join(content.pieces(held, 0, _read_chunk))
    known = order.internet_message_id
    yield [mime.renewed(skeleton, message_id=known, date=clock.now())]
    for part in range(1, len(held.sizes)):
        yield content.pieces(held, part, _read_chunk)


def _read_chunk(held: Content, part: int, number: int) -> tuple[bytes, bool]:
    with db.reading() as session:
        return content.read(session, held, part, number)


def _structured(message: Message, caller: Caller) -> Paper:
    draft = Draft(
        sender=message.sender.address if message.sender else "",
        account=message.account,
        to=_plain(message.to),
        cc=_plain(message.cc),
        bcc=_plain(message.bcc),
        subject=message.subject,
        priority=Priority[message.priority.upper()],
        expires_at=message.expires_at,
        tags=message.tags,
        meaning=meaning(message) if caller.idempotency_key else b"",
    )

    def write(order: Order) -> Parts:
        skeleton = mime.compose(
            message,
            sender=message.sender or _sender(order),
            message_id=order.internet_message_id,
            date=clock.now(),
        )
        return chain([[skeleton]], (each.chunks() for each in message.attachments))

    return Paper(draft, write)


def _finished(mail: AnyMail | bytes, caller: Caller, account: str | None) -> Paper:
    if isinstance(mail, bytes) and len(mail) > config.current().max_message:
        raise TooLarge(_too_large())
    given = mime.new_message_id(UNDECIDED.address.rpartition("@")[2])
    split = mime.split(mail, message_id=given, date=clock.now())
    draft = Draft(
        sender=split.sender.address if split.sender else "",
        account=account,
        to=_plain(split.to),
        cc=_plain(split.cc),
        bcc=_plain(split.bcc),
        subject=split.subject,
        internet_message_id=split.message_id,
        meaning=mime.meaning(split) if caller.idempotency_key else b"",
    )

    def write(order: Order) -> Parts:
        skeleton = split.skeleton
        if split.sender is None:
            skeleton = mime.with_sender(skeleton, _sender(order))
        return ([part] for part in (skeleton, *split.parts))

    return Paper(draft, write)


def _store(order: Order, parts: Parts) -> Receipt:
    counted = Counted(config.current().max_message)
    batches = content.batches(counted.watch(content.chunks(parts)))
    first, second = next(batches), next(batches, None)
    if second is not None:
        return _store_long(order, chain([first, second], batches), counted)
    with db.session() as session:
        upload = content.begin(session, order.message_id)
        for chunk in first:
            content.add(session, upload, chunk)
        return accept.accept(session, order, upload, counted.sizes)


def _store_long(
    order: Order, batches: Iterable[Sequence[Chunk]], counted: "Counted"
) -> Receipt:
    with db.session() as session:
        upload = content.begin(session, order.message_id)
    try:
        for batch in batches:
            accept.check_room()
            with db.session() as session:
                content.touch(session, upload)
                for chunk in batch:
                    content.add(session, upload, chunk)
        with db.session() as session:
            return accept.accept(session, order, upload, counted.sizes)
    except BaseException:
        with db.session() as session:
            content.discard(session, order.message_id)
        raise


class Counted:
    """Counts the bytes of each part as they go by, and ends what grows too large."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._sizes: list[int] = []

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(self._sizes)

    def watch(self, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
        for chunk in chunks:
            if chunk.number == 0:
                self._sizes.append(0)
            self._sizes[-1] += len(chunk.plain)
            if sum(self._sizes) > self.most:
                raise TooLarge(_too_large())
            yield chunk


def _sender(order: Order) -> Address:
    known = order.account.sender
    return Address(address=known) if known else UNDECIDED


def _too_large() -> str:
    return f"A message has at most {config.current().max_message:,} bytes."


def _wrong(name: str, reason: str) -> InvalidMessage:
    return InvalidMessage([Problem(field=name, reason=reason)])


def _plain(addresses: Sequence[Address]) -> tuple[str, ...]:
    return tuple(each.address for each in addresses)
