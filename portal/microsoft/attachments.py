"""Files of a draft: small ones in one request, large ones range by range in a session.

Nothing here sends anything, so whatever becomes of an answer is never Unsure. A session
has an address of its own that lets anybody write there: it is asked without our token,
and never for a host that is not Microsoft's.
https://learn.microsoft.com/graph/outlook-large-attachments
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from portal import config, net
from portal.errors import DeliveryError, PortalError, Rejected
from portal.explanations.own import FOREIGN
from portal.microsoft import drafts, graph
from portal.microsoft.graph import Call, TokenRefused
from portal.microsoft.problems import Deed
from portal.net import address, reply

# A session takes files from 3 MB on; whether MB or MiB is not documented, so what lies
# between the two is tried in a session, and in one request where that is refused.
SINGLE_BELOW = 3_000_000  # bytes
RANGE = 15 * 256 * 1024  # bytes of a request; up to 4 MB are recommended
CREATED = 201
TAKEN = (200, CREATED, 202)
UNLISTED = frozenset({405, 501})
OVER = frozenset({400, 401, 403, 404, 409, 410, 416})  # 405: it only does not say
PLAIN = re.compile(r"[!-\[\]-~]+")  # no space, no control character, no backslash
HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
START = re.compile("[0-9]{1,15}", re.ASCII)
MOST = 500  # files of one answer

TOO_SMALL = "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize"
TOO_LARGE = "ErrorMessageSizeExceeded"


class SessionGone(PortalError):
    """The upload session is over, or it does not stand where we think."""


@dataclass(frozen=True, kw_only=True)
class File:
    """A file to add to a draft."""

    name: str
    content_type: str
    size: int  # bytes
    content_id: str = ""  # by which the HTML shows it; "": it is no part of that

    @property
    def label(self) -> dict[str, Any]:
        inline = {"isInline": True, "contentId": self.content_id}
        label = {"name": self.name, "contentType": self.content_type}
        return label | (inline if self.content_id else {})


@dataclass(frozen=True, kw_only=True)
class Session:
    """Where a large file is sent to, and until when."""

    url: str = field(repr=False)  # lets anybody write there
    expires_at: datetime | None


def attach(
    at: str, token: str, draft_id: str, file: File, content: Iterable[bytes]
) -> None:
    """Add a file below 3 MB in one request.

    https://learn.microsoft.com/graph/api/message-post-attachments
    """
    label = {"@odata.type": "#microsoft.graph.fileAttachment"} | file.label
    head = f'{json.dumps(label)[:-1]}, "contentBytes": "'.encode()
    length = len(head) + graph.base64_size(file.size) + 2
    call = Call(
        method="POST",
        path=f"{drafts.path_of(draft_id)}/attachments",
        body=net.Body(_quoted(head, content), length),
        content_type="application/json",
        deed=Deed.PREPARES,
        success=(201,),
        read=graph.said,
    )
    graph.ask(at, token, call)


def count(at: str, token: str, draft_id: str) -> int | None:
    """Count the files that a draft has got; None if Microsoft does not list them.

    https://learn.microsoft.com/graph/api/message-list-attachments
    """
    counted, page = 0, MOST
    while page == MOST:
        span = f"$top={MOST}&$skip={counted}" if counted else f"$top={MOST}"
        call = Call(
            method="GET",
            path=f"{drafts.path_of(draft_id)}/attachments?$select=id&{span}",
            deed=Deed.PREPARES,
            success=(200,),
            read=_listed,
        )
        try:
            page = graph.ask(at, token, call)
        except Rejected as error:
            if error.answer.status not in UNLISTED:
                raise
            return None
        counted += page
    return counted


def open_session(at: str, token: str, draft_id: str, file: File) -> Session:
    """Open a session for a file from 3 MB on; raise Withheld if it leads elsewhere.

    https://learn.microsoft.com/graph/api/attachment-createuploadsession
    """
    item = {"attachmentType": "file", "size": file.size} | file.label
    call = Call(
        method="POST",
        path=f"{drafts.path_of(draft_id)}/attachments/createUploadSession",
        body=net.Body(json.dumps({"AttachmentItem": item}).encode()),
        content_type="application/json",
        deed=Deed.PREPARES,
        success=(200, 201),
        read=_session,
    )
    session = graph.ask(at, token, call)
    check_host(session.url)
    return session


def put(url: str, start: int, total: int, content: Iterable[bytes]) -> int:
    """Send the next range, at most RANGE bytes; return where the one after it begins.

    `content` holds exactly those. Returns `total` when the file is complete, which only
    the answer to its last range can say. Raises SessionGone when it cannot go on from
    here, else one of the four.
    """
    check_host(url)
    end = min(start + RANGE, total)
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Range": f"bytes {start}-{end - 1}/{total}",
    }
    call = Call(
        method="PUT",
        path="",
        body=net.Body(content, end - start),
        deed=Deed.PREPARES,
        success=TAKEN,
        read=lambda response: _taken(response, end, total),
    )
    next_start = _ask(url, call, headers)
    complete = next_start == total
    if not start < next_start <= end or complete != (end == total):
        raise SessionGone
    return next_start


def where(url: str, total: int) -> int | None:
    """Ask a session what comes next; None if it does not say, which it need not.

    Raises SessionGone when it is over.
    """
    check_host(url)
    call = Call(
        method="GET",
        path="",
        deed=Deed.PREPARES,
        success=TAKEN,
        read=lambda response: _next_start(response, total),
    )
    try:
        start = _ask(url, call, {})
    except DeliveryError:
        return None
    if start >= total:
        # All of it has come, or it makes no sense.
        raise SessionGone
    return start


def check_host(url: str) -> None:
    """Raise Withheld unless an address is Microsoft's, or on this machine with Graph.

    What is sent there is the content of mail. It is read as whoever connects reads it,
    and no more is let through than such an address needs.
    """
    known = address.read(config.current().graph_url).host
    try:
        asked = address.read(url)
    except ValueError:
        raise FOREIGN.error(host="a host") from None
    host = asked.host
    if config.is_loopback(known):
        fine = asked.scheme in ("http", "https") and config.is_loopback(host)
    else:
        microsofts = host == known or _microsofts(host)
        fine = asked.scheme == "https" and asked.port in (None, 443) and microsofts
    if not fine or asked.named or not PLAIN.fullmatch(url):
        raise FOREIGN.error(host=reply.name(host) or "a host")


def _microsofts(host: str) -> bool:
    known = tuple(f".{domain}" for domain in config.current().exchange_domains)
    return bool(HOST.fullmatch(host)) and host.endswith(known)


def _ask(url: str, call: Call[int], headers: dict[str, str]) -> int:
    """Make a call to a session, in which most refusals say that it is over."""
    try:
        return graph.judge(graph.reach(url, call, headers), call)
    except TokenRefused as error:
        raise SessionGone from error
    except DeliveryError as error:
        if error.answer.status in OVER and not error.answer.code == TOO_LARGE:
            raise SessionGone(str(error)) from error
        raise


def _taken(response: net.Response, end: int, total: int) -> int | None:
    """Read which byte comes after a range; silence has taken one that is not the last.

    Whoever was wrong about that refuses the next range.
    """
    silent = response.status_code != CREATED and not response.content.strip()
    return end if silent and end < total else _next_start(response, total)


def _next_start(response: net.Response, total: int) -> int | None:
    """Read which byte comes next, in whichever of the spellings that were seen."""
    if response.status_code == CREATED:
        return total
    stated = _stated(response)
    match stated.get("nextexpectedranges"):
        case [str(first), *_] if found := START.match(first):
            # Nothing but a 201 says that the file is complete.
            start = int(found[0])
            return start if start < total else total + 1
    return None


def _stated(response: net.Response) -> dict[str, Any]:
    """Return what an answer states; its names are spelled now so, now otherwise."""
    return {name.lower(): each for name, each in reply.stated(response).items()}


def _session(response: net.Response) -> Session | None:
    stated = _stated(response)
    url = stated.get("uploadurl")
    if not isinstance(url, str) or not url.isprintable():
        return None
    expires_at = drafts.moment(stated.get("expirationdatetime"))
    return Session(url=url, expires_at=expires_at)


def _listed(response: net.Response) -> int | None:
    shown = reply.stated(response).get("value")
    return len(shown) if isinstance(shown, list) else None


def _quoted(head: bytes, content: Iterable[bytes]) -> Iterator[bytes]:
    yield head
    yield from graph.base64_pieces(content)
    yield b'"}'
