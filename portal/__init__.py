"""Mail Portal: an application's mail, sent from a Microsoft 365 workspace.

>>> from portal import Attachment, Message, send
>>> send(Message(to="jane@example.com", subject="Hello", text="It works."))
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from portal.accept import Receipt
    from portal.intake.hook import send
    from portal.mail.message import Attachment, Message

__all__ = ["Attachment", "Message", "Receipt", "send"]

_HOMES = {
    "Attachment": "portal.mail.message",
    "Message": "portal.mail.message",
    "Receipt": "portal.accept",
    "send": "portal.intake.hook",
}


def __getattr__(name: str) -> Any:
    """Fetch a public name when it is asked for, so that rooms do not load the house."""
    if name not in _HOMES:
        raise AttributeError(f"module 'portal' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
