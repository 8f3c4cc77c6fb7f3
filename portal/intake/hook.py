"""The hook for Python: `from portal import send`. It needs the database, no server."""

from email.message import Message as AnyMail

from portal import config, db
from portal.accept import Caller, Receipt
from portal.intake import desk
from portal.mail.message import Message
from portal.workspace import house


def send(message: Message | AnyMail, *, idempotency_key: str = "") -> Receipt:
    """Accept a message: when this returns, it is stored and will be sent, once.

    Takes a `Message` or the standard library's `EmailMessage`. With the same
    `idempotency_key` (up to 255 printable ASCII characters) the same message is
    accepted only once, for at least seven days.

    Raises Refused (InvalidMessage, NotAllowed, Conflict, …) with nothing stored,
    CannotDecrypt and ConfigError when the portal itself needs its operator.
    """
    if not db.connected():
        house.open_up(config.current())
    caller = Caller(name="application", idempotency_key=idempotency_key)
    return desk.take(message, caller)
