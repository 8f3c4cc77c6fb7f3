"""What a From address seems to be, as far as Graph shows it without sending anything.

Nobody is told whose mailboxes and groups there are, nor who may send as whom: that a
mail is accepted proves it, and nothing else.
https://learn.microsoft.com/graph/outlook-send-mail-from-other-user
"""

from contextlib import suppress
from enum import StrEnum

from portal.errors import DeliveryError
from portal.microsoft import drafts, graph

REQUESTS = 4  # of `shown_as` and `reach` together
NO_SUCH = "<nothing@mail-portal.invalid>"
NO_MAIL = (
    b"Subject: Mail Portal looks what its From address is\r\n\r\n"
    b"Nothing is sent. Whoever finds this may delete it.\r\n"
)


class Reach(StrEnum):
    """What another mailbox is to whoever signed in."""

    OPEN = "open"  # there is one, and we may read it: Full Access
    CLOSED = "closed"  # there is one, and we may not read it
    NONE = "none"  # a group, a list, an alias, or nothing
    UNKNOWN = "unknown"  # Microsoft did not tell


def shown_as(url: str, token: str, address: str) -> str:
    """Return which address recipients would see; "" if Microsoft shows none.

    Makes a draft, sets its From, and deletes it. Raises one of the four but Unsure, or
    TokenRefused.
    """
    at = graph.mailbox(url)
    draft = drafts.create(at, token, NO_MAIL)
    try:
        return drafts.readdress(at, token, draft.id, address).sender
    finally:
        with suppress(DeliveryError, graph.TokenRefused):
            drafts.discard(at, token, draft.id)


def check(url: str, token: str) -> None:
    """Make sure that whoever signed in has a mailbox.

    Raises one of the four but Unsure, or TokenRefused.
    """
    drafts.search(graph.mailbox(url), token, NO_SUCH)


def reach(url: str, token: str, address: str) -> Reach:
    """Tell whether an address has a mailbox; raises TokenRefused alone."""
    try:
        drafts.search(graph.mailbox(url, address), token, NO_SUCH)
    except DeliveryError as error:
        known = {403: Reach.CLOSED, 404: Reach.NONE}
        return known.get(error.answer.status or 0, Reach.UNKNOWN)
    return Reach.OPEN
