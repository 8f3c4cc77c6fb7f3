"""Calls to Microsoft Graph: one request, and what its answer means."""

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar
from urllib.parse import quote
from uuid import uuid4

from portal import clock, net
from portal.errors import (
    Answer,
    Deferred,
    DeliveryError,
    IssuerError,
    Scope,
    Unsure,
)
from portal.explanations import Who
from portal.microsoft import problems
from portal.microsoft.problems import Deed
from portal.net import reply

ACCEPTED = (202,)
BLOCK = 192 * 1024  # bytes that are encoded at once
APART = timedelta(minutes=5)  # that Microsoft's clock may be from ours
DEEPEST = 32  # levels of an error inside an error
# What Microsoft cannot read it quotes. Along with these codes it speaks of a mailbox or
# of its own load, without a look at the message; a code we do not know may do either.
QUOTABLE = frozenset(
    code.casefold() for code, row in problems.CODES.items() if row.who is not Who.SENDER
)

T = TypeVar("T")


class TokenRefused(IssuerError):
    """Microsoft does not accept our access to this mailbox. Please sign in again."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer=answer)


@dataclass(frozen=True, kw_only=True)
class Call(Generic[T]):
    """A request to Graph: what it does, and which answer to it is documented."""

    method: str
    path: str  # below the mailbox, percent-encoded
    body: net.Body | None = None  # a call that sends has one, if an empty one
    content_type: str = ""
    deed: Deed
    # And nothing else: a 200 was seen for mail that was never sent.
    success: tuple[int, ...]
    read: Callable[[net.Response], T | None]  # None: it is not what is documented


def mailbox(url: str, of: str = "") -> str:
    """Return where a mailbox is: by its user's name, else of whoever signed in.

    Every call names one; an application has to say whose.
    """
    whose = f"users/{quote(of, safe='')}" if of else "me"
    return f"{url.rstrip('/')}/v1.0/{whose}"


def send_mime(at: str, token: str, mime: bytes) -> Answer:
    """Send a whole message from a mailbox.

    Raises one of the four, or TokenRefused.
    https://learn.microsoft.com/graph/api/user-sendmail
    """
    return _send(at, token, in_base64([mime], len(mime)), "text/plain")


def send_json(at: str, token: str, payload: dict[str, Any]) -> Answer:
    """Send a message given as Graph's own JSON; else as `send_mime`."""
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    body = net.Body(text.encode())
    return _send(at, token, body, "application/json")


def _send(at: str, token: str, body: net.Body, content_type: str) -> Answer:
    call = Call(
        method="POST",
        path="/sendMail",
        body=body,
        content_type=content_type,
        deed=Deed.SENDS,
        success=ACCEPTED,
        read=said,
    )
    return ask(at, token, call)


def in_base64(pieces: Iterable[bytes], size: int) -> net.Body:
    """Return a request's body that is so many bytes in base64, without line breaks."""
    return net.Body(base64_pieces(pieces), base64_size(size))


def base64_size(size: int) -> int:
    """Return how many characters so many bytes are in base64."""
    return (size + 2) // 3 * 4


def base64_pieces(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield base64 of what comes in pieces, a little at a time."""
    rest = b""
    for piece in pieces:
        for at in range(0, len(piece), BLOCK):
            rest += piece[at : at + BLOCK]
            whole = len(rest) // 3 * 3
            yield base64.b64encode(rest[:whole])
            rest = rest[whole:]
    yield base64.b64encode(rest)


def knock(url: str) -> timedelta:
    """Make sure that Graph is there: it asks whoever brings no token for one.

    Returns how far its clock is ahead of ours. Raises one of the four but Unsure.
    """
    call = Call(
        method="GET",
        path="/messages",
        deed=Deed.PREPARES,
        success=(401,),
        read=_knocked,
    )
    at, headers = f"{mailbox(url)}{call.path}", {"Accept": "application/json"}
    return judge(reach(at, call, headers), call)


def _knocked(response: net.Response) -> timedelta | None:
    asks = reply.stated(response).get("error")
    return reply.ahead(response, clock.now()) if asks else None


def ask(at: str, token: str, call: Call[T]) -> T:
    """Make a call to the mailbox that is at this address, and return what is answered.

    Else raises as `judge` does.
    """
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/json",
        # An id that outlives the move from Drafts to Sent Items, if asked in each call.
        # https://learn.microsoft.com/graph/outlook-immutable-id
        "Prefer": 'IdType="ImmutableId"',
        "client-request-id": str(uuid4()),
    }
    if call.content_type:
        headers["Content-Type"] = call.content_type
    return judge(reach(f"{at}{call.path}", call, headers), call)


def reach(url: str, call: Call[T], headers: dict[str, str]) -> net.Response | net.Lost:
    """Make a call at an address, with these headers and no others of Graph's."""
    try:
        return net.session().request(call.method, url, data=call.body, headers=headers)
    except net.Lost as lost:
        return lost


def judge(outcome: net.Response | net.Lost, call: Call[T]) -> T:
    """Decide what became of a call; every failure is one of four, or TokenRefused.

    Nothing else decides. What a status and a code mean stands in `problems`.
    """
    if isinstance(outcome, net.Lost):
        raise _missing(outcome, call.deed) from outcome
    answer = said(outcome)
    if answer.status in call.success and (read := call.read(outcome)) is not None:
        return read
    if answer.status == 401:
        raise TokenRefused(answer)
    row = problems.decide(outcome.status_code, answer.code, call.deed)
    wait = reply.retry_after(outcome.headers.get("Retry-After"), clock.now())
    raise row.error(answer, wait)


def _missing(lost: net.Lost, deed: Deed) -> DeliveryError:
    """Return what it means that there is no answer."""
    if deed is not Deed.PREPARES and lost.sent:
        return Unsure(str(lost)).because(lost.cause)
    if isinstance(lost.__cause__, net.TooMuch):
        # As a draft it is shown back to us.
        return Deferred(str(lost)).because(lost.cause)
    # The next message would not get through either.
    return Deferred(str(lost), scope=Scope.MAILBOX).because(lost.cause)


def unanswered(error: DeliveryError) -> bool:
    """Tell whether what was asked for may have been done, though nobody said so."""
    if isinstance(error.__cause__, net.Lost):
        return error.__cause__.sent
    answer = error.answer
    return problems.meaning(answer.status or 0, answer.code).kind is Unsure


def said(response: net.Response) -> Answer:
    """Return what an answer says for the journal: no content, and no secret."""
    stated = reply.stated(response).get("error")
    error = stated if isinstance(stated, dict) else {}
    levels = list(_levels(error))
    codes = [reply.name(e["code"]) for e in levels if e.get("code")]
    quotable = codes and QUOTABLE.issuperset(code.casefold() for code in codes)
    ids = [response.headers.get("request-id"), *(e.get("request-id") for e in levels)]
    return Answer(
        status=response.status_code,
        code=problems.most_specific(codes),
        text=_words(response, error.get("message")) if quotable else "",
        request_id=next(filter(None, map(reply.name, ids)), ""),
        milliseconds=round(response.elapsed / timedelta(milliseconds=1)),
    )


def _levels(error: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield an error, its details, and the same of the errors inside it."""
    level: Any = error
    for _ in range(DEEPEST):
        if not isinstance(level, dict):
            break
        yield level
        details = level.get("details")
        if isinstance(details, list):
            yield from (d for d in details[:DEEPEST] if isinstance(d, dict))
        level = level.get("innerError", level.get("innererror"))


def _words(response: net.Response, message: object) -> str:
    """Keep what was said, without the token that we sent."""
    access = response.request.headers.get("Authorization", "").removeprefix("Bearer ")
    return reply.words(message if isinstance(message, str) else "", access)
