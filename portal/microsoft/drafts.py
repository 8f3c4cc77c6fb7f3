"""Messages in the mailbox: drafts that are made, changed and sent, and what was sent.

Only `send` sends. Everything else leaves nothing in doubt: whatever becomes of its
answer is never Unsure. A message that is not there is Deferred, where no function says
otherwise; each raises one of the four, or TokenRefused. `at` is the mailbox's address.
"""

import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import quote

from portal import clock, net
from portal.errors import Answer, Deferred
from portal.microsoft import graph, problems
from portal.microsoft.graph import ACCEPTED, Call
from portal.microsoft.problems import Deed
from portal.net import reply

ID = re.compile(r"\w[\w+/=.~!-]{0,999}", re.ASCII)  # no "..", which a path would obey
LONGEST_ADDRESS = 1000  # characters; Exchange's own names are longer than addresses
SELECT = quote("id,isDraft,from,internetMessageId,createdDateTime")
MOST = 100  # messages of one answer, of which ten are the custom

T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Found:
    """A message in the mailbox, as Graph shows it."""

    id: str  # immutable id
    draft: bool  # not sent yet
    sender: str  # the address in `from`, "" if none is shown
    at: datetime | None = field(default=None, compare=False)  # by our clock


def create(at: str, token: str, mime: bytes) -> Found:
    """Keep a whole message as a new draft; one may be there if it is unanswered.

    https://learn.microsoft.com/graph/api/user-post-messages
    """
    call = Call(
        method="POST",
        path="/messages",
        body=graph.in_base64([mime], len(mime)),
        content_type="text/plain",
        deed=Deed.PREPARES,
        success=(201,),
        read=_found,
    )
    return graph.ask(at, token, call)


def readdress(
    at: str, token: str, draft_id: str, address: str, name: str = ""
) -> Found:
    """Change who a draft is from, and return what it is from then.

    https://learn.microsoft.com/graph/api/message-update
    """
    sender = {"address": address, "name": name} if name else {"address": address}
    call = Call(
        method="PATCH",
        path=path_of(draft_id),
        body=net.Body(json.dumps({"from": {"emailAddress": sender}}).encode()),
        content_type="application/json",
        deed=Deed.PREPARES,
        success=(200,),
        read=_found,
    )
    return graph.ask(at, token, call)


def send(at: str, token: str, draft_id: str) -> Answer:
    """Send a draft; it is Unsure also when the draft is not there.

    https://learn.microsoft.com/graph/api/message-send
    """
    call = Call(
        method="POST",
        path=f"{path_of(draft_id)}/send",
        body=net.Body(b""),
        deed=Deed.SENDS_DRAFT,
        success=ACCEPTED,
        read=graph.said,
    )
    return graph.ask(at, token, call)


def find(at: str, token: str, draft_id: str) -> Found | None:
    """Look up a message by its id: a draft still, or sent; None if it is not there.

    Nobody should conclude that it was not sent: the id may have changed on the way.
    https://learn.microsoft.com/graph/api/message-get
    """
    try:
        path = f"{path_of(draft_id)}?$select={SELECT}"
        return graph.ask(at, token, _look(path, _found))
    except Deferred as error:
        if problems.gone(error.answer):
            return None
        raise


def search(at: str, token: str, internet_message_id: str) -> list[Found]:
    """Look up a message by its Message-ID, as in "<1@x>", in all folders.

    https://learn.microsoft.com/graph/api/user-list-messages
    """
    literal = internet_message_id.replace("'", "''")
    wanted = quote(f"internetMessageId eq '{literal}'", safe="")
    path = f"/messages?$filter={wanted}&$select={SELECT}&$top={MOST}"
    return graph.ask(at, token, _look(path, _several))


def discard(at: str, token: str, draft_id: str) -> None:
    """Delete a draft, or find it gone; a sent copy of the same id goes as well.

    https://learn.microsoft.com/graph/api/message-delete
    """
    call = Call(
        method="DELETE",
        path=path_of(draft_id),
        deed=Deed.PREPARES,
        success=(204,),
        read=graph.said,
    )
    try:
        graph.ask(at, token, call)
    except Deferred as error:
        if not problems.gone(error.answer):
            raise


def path_of(message_id: str) -> str:
    """Return where a message is, below its mailbox."""
    return f"/messages/{quote(message_id, safe='')}"


def _look(path: str, read: Callable[[net.Response], T | None]) -> Call[T]:
    return Call(method="GET", path=path, deed=Deed.PREPARES, success=(200,), read=read)


def _found(response: net.Response) -> Found | None:
    return _message(reply.stated(response), _ahead(response))


def _several(response: net.Response) -> list[Found] | None:
    shown = reply.stated(response).get("value")
    if not isinstance(shown, list):
        return None
    ahead = _ahead(response)
    messages = [_message(each, ahead) for each in shown]
    found = [each for each in messages if each]
    return found if len(found) == len(messages) else None


def _ahead(response: net.Response) -> timedelta:
    """Return how far Microsoft's clock is ahead of ours, and say so if it is far."""
    ahead = reply.ahead(response, clock.now())
    if abs(ahead) > graph.APART:
        minutes = abs(ahead) // timedelta(minutes=1)
        log.warning("This machine's clock is %d minutes off Microsoft's.", minutes)
    return ahead


def _message(shown: Any, ahead: timedelta) -> Found | None:
    """Read a message; None if it is not what is documented."""
    match shown:
        case {"id": str(message_id), "isDraft": bool(draft)}:
            sender = _sender(shown.get("from"))
        case _:
            return None
    if sender is None or not ID.fullmatch(message_id):
        return None
    at = _by_our_clock(moment(shown.get("createdDateTime")), ahead)
    return Found(id=message_id, draft=draft, sender=sender, at=at)


def _by_our_clock(moment: datetime | None, ahead: timedelta) -> datetime | None:
    try:
        return moment - ahead if moment else None
    except OverflowError:
        return None


def moment(shown: Any) -> datetime | None:
    """Read a time in UTC; None if it is left out, or none."""
    try:
        at = datetime.fromisoformat(shown) if isinstance(shown, str) else None
    except ValueError:
        return None
    return at.replace(tzinfo=at.tzinfo or UTC) if at else None


def _sender(shown: Any) -> str | None:
    """Read the address in a `from`, which may be left out; None if it is none."""
    for name in ("emailAddress", "address"):
        if shown is None:
            return ""
        if not isinstance(shown, dict):
            return None
        shown = shown.get(name)
    address = "" if shown is None else shown
    fine = isinstance(address, str) and address.isprintable()
    return address if fine and len(address) <= LONGEST_ADDRESS else None
