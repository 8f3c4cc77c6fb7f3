"""The one way into the outbox: who may, as whom, with which account, and only once.

A door checks a draft, writes its content, and hands both over in the transaction that
stores the message. A key that repeats its Idempotency-Key gets the first answer again.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock, config, db, foreign, vault
from portal.errors import (
    CannotDecrypt,
    Conflict,
    InvalidMessage,
    NoRoom,
    NotAllowed,
    NotFound,
)
from portal.explanations.own.doors import SWITCHED_OFF
from portal.mail import content, outbox
from portal.mail.content import Upload
from portal.mail.outbox import Entry, Priority, State, decisions
from portal.workspace import senders
from portal.workspace.accounts import Account, Envelope
from portal.workspace.people import keys
from portal.workspace.people.caller import Caller as Caller  # for doors to name
from portal.workspace.people.limits import Limits

KEY_LIMIT = 255  # characters of an Idempotency-Key
ENVELOPE = (
    "The header of this mail names others than its envelope, which the account"
    " {account} does not take."
)


class RepeatRow(db.Table):
    """One Idempotency-Key: what came with it, and the message that it became."""

    __tablename__ = "repeat"

    scope: Mapped[str] = mapped_column(primary_key=True)  # who said it
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes]
    message_id: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(index=True)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A message as a door read it, without its content."""

    sender: str  # "" if it names none: the account's
    account: str | None
    to: tuple[str, ...]
    cc: tuple[str, ...]
    bcc: tuple[str, ...]
    subject: str
    priority: Priority = Priority.NORMAL
    expires_at: datetime | None = None
    tags: tuple[str, ...] = ()
    internet_message_id: str = ""  # "" if it brings none
    differs: bool = False  # it names others in its header than in its envelope
    return_path: str | None = None  # as the envelope said it; "": to nobody
    meaning: bytes = field(repr=False, default=b"")  # what makes two the same


@dataclass(frozen=True, kw_only=True)
class Order:
    """A draft that may be accepted: as whom, and under which id."""

    message_id: UUID
    account: Account
    caller: Caller
    draft: Draft
    internet_message_id: str
    key_id: UUID | None  # whose message it is; a copy stays with the first one's
    copy_of: UUID | None = None  # the message that it goes instead of


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """Accepted, durably."""

    id: str
    status: str


def check(session: Session, draft: Draft, caller: Caller) -> Order | Receipt:
    """Decide who may, as whom, with which account.

    Raises Refused, CannotDecrypt or NoRoom. A Receipt means that this very message was
    accepted before; it is the first one.
    """
    caller = caller.recognized(session)
    # First: to repeat what was accepted in time is never too late.
    known = repeated(session, draft.meaning, caller)
    return known or admit(session, draft, caller, db.new_id())


def admit(session: Session, draft: Draft, caller: Caller, message_id: UUID) -> Order:
    """Decide who may, as whom, with which account, whatever came before.

    Of a message that is still coming, the meaning may be unknown yet. Raises Refused,
    CannotDecrypt or NoRoom.
    """
    if not vault.unlocked():
        raise CannotDecrypt
    caller = caller.recognized(session)
    if draft.expires_at and draft.expires_at <= clock.now():
        raise InvalidMessage.of("expires_at", "must be in the future")
    check_room()
    account = _account(session, draft, caller.limits)
    if caller.key:
        # Or all of it would come first, and be refused then.
        caller.limits.spend(caller.key.full_at, clock.now())
    domain = (draft.sender or account.sender or "").rpartition("@")[2]
    new_id = f"<{message_id}@{domain or 'mail-portal.invalid'}>"
    return Order(
        message_id=message_id,
        account=account,
        caller=caller,
        draft=draft,
        internet_message_id=draft.internet_message_id or new_id,
        key_id=caller.key_id,
    )


def repeated(session: Session, meaning: bytes, caller: Caller) -> Receipt | None:
    """Return the first receipt, if this very request was accepted before.

    Raises Conflict if its Idempotency-Key came with another, and InvalidMessage if that
    is none.
    """
    if not vault.unlocked():
        raise CannotDecrypt
    _check_key(caller.idempotency_key)
    return _known(session, meaning, caller) if caller.idempotency_key else None


def came_before(session: Session, caller: Caller) -> bool:
    """Tell whether something was accepted with this Idempotency-Key, whatever it was.

    Raises CannotDecrypt, and InvalidMessage if the key is none.
    """
    if not vault.unlocked():
        raise CannotDecrypt
    _check_key(caller.idempotency_key)
    at = (caller.scope, caller.idempotency_key)
    return bool(caller.idempotency_key) and session.get(RepeatRow, at) is not None


def check_room() -> None:
    """Raise NoRoom if the disk is so full that workers might soon lack the room."""
    if not roomy():
        raise NoRoom


def roomy() -> bool:
    """Tell whether there is room for more messages, as far as anybody can ask."""
    free = db.free_bytes()
    return free is None or free >= config.current().spare


def accept(
    session: Session, order: Order, upload: Upload, sizes: tuple[int, ...]
) -> Receipt:
    """Put a message whose content is written; its last, small transaction.

    If a twin was faster, its receipt is returned and this upload is discarded. Raises
    TooLarge or TooManyMessages for more than a key may bring, NotAuthorized if it was
    revoked.
    """
    if order.caller.idempotency_key and not _remember(session, order):
        content.discard(session, order.message_id)
        known = _known(session, order.draft.meaning, order.caller)
        if known is None:
            raise Conflict
        return known
    order.caller.limits.check_size(sum(sizes))
    draft = order.draft
    content.finish(session, upload, sizes)
    entry = Entry(
        id=order.message_id,
        account_id=order.account.id,
        key_id=order.key_id,
        sender=draft.sender,
        return_path=_return_path(order),
        to=draft.to,
        cc=draft.cc,
        bcc=draft.bcc,
        subject=foreign.shown(draft.subject),
        size=sum(sizes),
        internet_message_id=order.internet_message_id,
        priority=draft.priority,
        expires_at=draft.expires_at,
        tags=draft.tags,
        differs=draft.differs,
        copy_of=order.copy_of,
        fallback=order.account.fallback,
    )
    outbox.put(session, entry)
    if order.copy_of:
        name = order.caller.name
        decisions.supersede(session, order.copy_of, order.message_id, name)
    if order.caller.key:
        # Last, for others with this key wait for whoever has locked it.
        keys.use(session, order.caller.key)
    return Receipt(id=str(order.message_id), status=str(State.QUEUED))


def _return_path(order: Order) -> str | None:
    """Return where failures are reported, unless the key may not send as that."""
    known = order.draft.return_path
    allowed = not known or order.caller.limits.allow(order.account, known)
    return known if allowed else None


def _check_key(key: str) -> None:
    if len(key) > KEY_LIMIT or not (key.isascii() and key.isprintable()):
        reason = f"must be 1 to {KEY_LIMIT} printable ASCII characters"
        raise InvalidMessage.of("Idempotency-Key", reason)


def forget(session: Session, before: datetime) -> None:
    """Forget keys that are older than anybody may rely on."""
    session.execute(delete(RepeatRow).where(RepeatRow.at < before))


def _account(session: Session, draft: Draft, limits: Limits) -> Account:
    try:
        account = limits.choose(session, draft.account)
    except NotFound as error:
        raise InvalidMessage.of(
            "account", "there is no account of that name"
        ) from error
    if not account.enabled:
        off = SWITCHED_OFF.why.format(account=account.name)
        raise NotAllowed(off).because(SWITCHED_OFF.name)
    if draft.differs and account.envelope == Envelope.REFUSE:
        raise NotAllowed(ENVELOPE.format(account=account.name))
    if draft.sender and not account.sends_as(draft.sender):
        raise NotAllowed(_only(account))
    limits.check_sender(account.leaves_as(draft.sender))
    if account.by_application and not (draft.sender or account.sender):
        only = senders.told(account.senders)
        raise InvalidMessage.of("from", f"is needed: this account sends as {only}")
    return account


def _only(account: Account) -> str:
    """Say as whom an account sends."""
    if account.configured:
        only = senders.told(account.senders)
        return f"from: this account sends as {only} only. Please name one of these."
    return (
        f"from: this account sends as {account.sender} only"
        " (Single Sender Identity). Please leave `from` out, or name that address."
    )


def _known(session: Session, meaning: bytes, caller: Caller) -> Receipt | None:
    row = session.get(
        RepeatRow, (caller.scope, caller.idempotency_key), populate_existing=True
    )
    if row is None:
        return None
    if row.fingerprint != _fingerprint(meaning):
        raise Conflict
    return Receipt(id=str(row.message_id), status=str(State.QUEUED))


def _remember(session: Session, order: Order) -> bool:
    """Be the first with this key; waits for a twin that is about to commit."""
    first = session.execute(
        db.insert(RepeatRow)
        .values(
            scope=order.caller.scope,
            key=order.caller.idempotency_key,
            fingerprint=_fingerprint(order.draft.meaning),
            message_id=order.message_id,
            at=clock.now(),
        )
        .on_conflict_do_nothing()
        .returning(RepeatRow.message_id)
    )
    return first.first() is not None


def _fingerprint(meaning: bytes) -> bytes:
    return vault.fingerprint("message", [meaning])
