"""The desk behind every door: checks a draft, stores its content, has it accepted.

What comes in pieces is stored piece by piece, and read once: who may send it is decided
as soon as that is known, and that it came before when all of it has come. The receipt
comes after the commit.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from email.message import Message as AnyMail
from itertools import groupby
from operator import itemgetter
from uuid import UUID

from portal import accept, clock, db
from portal.accept import Caller, Draft, Order, Receipt
from portal.errors import Conflict, InvalidMessage
from portal.intake.cover import BARE, Cover
from portal.intake.writer import Also, Writer, limited
from portal.mail import content, mime
from portal.mail.content import Content
from portal.mail.message import Address, Attachment, Message, meaning, parse
from portal.mail.message.attachment import Kept, Label
from portal.mail.outbox import Priority, decisions
from portal.mail.outbox.decisions import Copy
from portal.workspace import accounts

# Stands in the skeleton until it is known as whom the account sends.
UNDECIDED = Address(address="undecided@mail-portal.invalid")


@dataclass(frozen=True, kw_only=True)
class Brought:
    """A file that comes beside its message, to be read once and in its turn."""

    label: Label
    pieces: Iterable[bytes] = field(repr=False)


def caller(name: str, key: str | None, key_id: UUID | None = None) -> Caller:
    """Say who is at the door, and which Idempotency-Key they gave; None: none."""
    if key is not None and not (isinstance(key, str) and key.strip()):
        raise InvalidMessage.of("Idempotency-Key", "must be text, and not empty")
    return Caller(name=name, key_id=key_id, idempotency_key=key or "")


def take(
    message: Message | AnyMail | bytes | Iterable[bytes],
    caller: Caller,
    account: str | None = None,
    cover: Cover = BARE,
) -> Receipt:
    """Accept a message durably, or store nothing.

    A finished mail may come in pieces. Raises Refused, CannotDecrypt or NoRoom.
    `account` is for a finished mail, which names none itself; so is its `cover`.
    """
    if isinstance(message, Message):
        return _structured(message, caller)
    if isinstance(message, AnyMail):
        message = mime.written(message)
    pieces = [message] if isinstance(message, bytes) else message
    return _finished(pieces, caller, account, cover)


def gather(
    brought: Iterable[Mapping[str, object] | Brought], caller: Caller
) -> Receipt:
    """Accept a message from decoded JSON and files that come before or after it.

    Raises what `take` raises; nothing is stored then.
    """
    caller, dry = _recognized(caller)
    writer = Writer(dry=dry, limits=caller.limits)
    files: list[Attachment] = []
    paper: _Paper | None = None
    with writer:
        for each in brought:
            if isinstance(each, Brought):
                files.append(_kept(writer, len(files) + 1, each))
            else:
                # Who may not send it need not bring all its files first.
                draft = _draft(parse(each, files))
                paper = _Paper(each, _admitted(writer, draft, caller))
        if paper is None:
            raise InvalidMessage.of("message", "is missing")
        return _gathered(writer, paper, files, caller)


def again(message_id: UUID, caller: Caller, also: Also | None = None) -> Receipt:
    """Accept a copy of a message that has ended, or that nobody can find out.

    It is a new message, with a Message-ID of its own, linked to the old one; `also` is
    done with it. Raises NotFound, Conflict where that cannot be, and what `take` does.
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
        order = accept.check(session, _redrafted(session, given, meaning), caller)
    if isinstance(order, Receipt):
        return order
    order.caller.limits.check_size(sum(held.sizes))
    with Writer(order.message_id, limits=None) as writer:
        writer.write(0, [_renewed(held, order)])
        for part in range(1, len(held.sizes)):
            writer.write(part, content.pieces(held, part, _read_chunk))
        copy = replace(order, copy_of=message_id, key_id=given.key_id)
        return writer.accept(copy, also)


def _redrafted(session: db.Session, given: Copy, meaning: bytes) -> Draft:
    return Draft(
        sender=given.sender,
        return_path=given.return_path,
        account=accounts.by_id(session, given.account_id).name,
        to=given.to,
        cc=given.cc,
        bcc=given.bcc,
        subject=given.subject,
        priority=given.priority,
        tags=given.tags,
        differs=given.differs,
        meaning=meaning,
    )


def _renewed(held: Content, order: Order) -> bytes:
    skeleton = b"".join(content.pieces(held, 0, _read_chunk))
    known = order.internet_message_id
    return mime.renewed(skeleton, message_id=known, date=clock.now())


def _read_chunk(held: Content, part: int, number: int) -> tuple[bytes, bool]:
    with db.reading() as session:
        return content.read(session, held, part, number)


def _structured(message: Message, caller: Caller) -> Receipt:
    draft = _draft(message, caller)
    with db.reading() as session:
        order = accept.check(session, draft, caller)
    if isinstance(order, Receipt):
        return order
    with Writer(order.message_id, limits=order.caller.limits) as writer:
        writer.write(0, [_composed(message, order)])
        for number, each in enumerate(message.attachments, start=1):
            writer.write(number, each.chunks())
        return writer.accept(order)


@dataclass(frozen=True)
class _Paper:
    """A message whose files may still be on their way; None: its key came before."""

    data: Mapping[str, object]
    order: Order | None


def _gathered(
    writer: Writer, paper: _Paper, files: Sequence[Attachment], caller: Caller
) -> Receipt:
    message = parse(paper.data, files)
    draft = _draft(message, caller)
    if paper.order is None:
        return _first_receipt(draft.meaning, caller)
    own = message.attachments[: len(message.attachments) - len(files)]
    numbers = range(len(files) + 1, len(files) + 1 + len(own))
    for number, each in zip(numbers, own, strict=True):
        writer.write(number, each.chunks())
    kept = range(1, len(files) + 1)
    writer.write(0, [_composed(message, paper.order, [*numbers, *kept])])
    return writer.accept(replace(paper.order, draft=draft))


def _kept(writer: Writer, number: int, file: Brought) -> Attachment:
    writer.write(number, file.pieces)
    kept = Kept(size=writer.size(number), digest=writer.digest(number))
    return Attachment.of(file.label, kept)


def _draft(message: Message, caller: Caller | None = None) -> Draft:
    """Read a message; what it means is worked out for a caller that may repeat it."""
    once = caller is not None and caller.idempotency_key
    return Draft(
        sender=message.sender.address if message.sender else "",
        account=message.account,
        to=_plain(message.to),
        cc=_plain(message.cc),
        bcc=_plain(message.bcc),
        subject=message.subject,
        priority=Priority[message.priority.upper()],
        expires_at=message.expires_at,
        tags=message.tags,
        meaning=meaning(message) if once else b"",
    )


def _composed(message: Message, order: Order, numbers: Sequence[int] = ()) -> bytes:
    return mime.compose(
        message,
        sender=message.sender or _sender(order),
        message_id=order.internet_message_id,
        date=clock.now(),
        numbers=numbers,
    )


def _finished(
    pieces: Iterable[bytes],
    caller: Caller,
    account: str | None,
    cover: Cover,
) -> Receipt:
    named = cover.recipients
    recipients = None if named is None else mime.Recipients(named)
    caller, dry = _recognized(caller)
    # It is counted as it comes: what we write into it is not its sender's.
    writer = Writer(dry=dry, limits=None)
    given = mime.new_message_id(UNDECIDED.address.rpartition("@")[2])
    mail = mime.Splitter(
        limited(pieces, caller.limits, already=-cover.ours),
        message_id=given,
        date=clock.now(),
        recipients=recipients,
    )
    who = mail.envelope
    draft = Draft(
        sender=who.sender.address if who.sender else "",
        return_path=cover.return_path,
        account=account,
        to=_plain(who.to),
        cc=_plain(who.cc),
        bcc=_plain(who.bcc),
        subject=who.subject,
        internet_message_id=who.message_id,
        differs=who.differs,
    )
    with writer:
        order = _admitted(writer, draft, caller)
        parts = _split(writer, mail)
        skeleton = mail.skeleton
        digests = [writer.digest(part) for part in range(1, parts + 1)]
        meaning = mime.meaning(skeleton, who.bcc, digests, account)
        if order is None:
            return _first_receipt(meaning, caller)
        if who.sender is None:
            skeleton = mime.with_sender(skeleton, _sender(order))
        writer.write(0, [skeleton])
        return writer.accept(replace(order, draft=replace(draft, meaning=meaning)))


def _split(writer: Writer, mail: mime.Splitter) -> int:
    """Write what is detached from a mail; return how many parts that is."""
    number = 0
    for number, pieces in groupby(mail.parts(), key=itemgetter(0)):
        writer.write(number, (piece for _, piece in pieces))
    return number


def _recognized(caller: Caller) -> tuple[Caller, bool]:
    """Recognize who is there; tell whether it came before, and is compared only."""
    with db.reading() as session:
        caller = caller.recognized(session)
        return caller, accept.came_before(session, caller)


def _admitted(writer: Writer, draft: Draft, caller: Caller) -> Order | None:
    """Have it decided who may; None: that was decided when it came before."""
    if writer.dry:
        return None
    with db.reading() as session:
        return accept.admit(session, draft, caller, writer.message_id)


def _first_receipt(meaning: bytes, caller: Caller) -> Receipt:
    with db.reading() as session:
        known = accept.repeated(session, meaning, caller)
    if known is None:  # it was forgotten while this came in
        raise Conflict
    return known


def _sender(order: Order) -> Address:
    known = order.account.sender
    return Address(address=known) if known else UNDECIDED


def _plain(addresses: Sequence[Address]) -> tuple[str, ...]:
    return tuple(each.address for each in addresses)
