"""The hook for Python: `from portal import send`. It needs the database, no server."""

import os
import threading
from email.message import Message as AnyMail

from portal import config, db, vault
from portal.accept import Receipt
from portal.errors import InvalidMessage
from portal.intake import desk
from portal.mail.message import Message
from portal.workspace import house

_entrance = threading.Lock()
# A fork waits until nobody is at the entrance: its child would wait there for ever.
os.register_at_fork(
    before=_entrance.acquire,
    after_in_parent=_entrance.release,
    after_in_child=_entrance.release,
)


def send(message: Message | AnyMail, *, idempotency_key: str | None = None) -> Receipt:
    """Accept a message: when this returns, it is stored and will be sent, once.

    Takes a `Message` or the standard library's `EmailMessage`. With the same
    `idempotency_key` (1 to 255 printable ASCII characters) the same message is
    accepted only once, for at least seven days.

    Raises Refused (InvalidMessage, NotAllowed, Conflict, …) with nothing stored,
    CannotDecrypt, ConfigError and NoRoom when the portal itself needs its operator, and
    DatabaseAway when it may be tried again: with an `idempotency_key` that is safe.
    """
    if not isinstance(message, Message | AnyMail):
        reason = "must be a Message or an EmailMessage"
        raise InvalidMessage.of("message", reason)
    caller = desk.caller("application", idempotency_key)
    _enter()
    return desk.take(message, caller)


def _enter() -> None:
    """Open the house, once in this process; whoever comes second waits for the first.

    Where the operator had to act first, the next call tries again.
    """
    with _entrance:
        if not (db.connected() and vault.unlocked()):
            _open_up()


def _open_up() -> None:
    try:
        house.open_up(config.current())
    except BaseException:
        db.disconnect()
        raise
