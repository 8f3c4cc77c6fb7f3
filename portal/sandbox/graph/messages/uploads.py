"""The address of an upload session: ranges in order, and no token but its own.

No rule of 320 KiB: that is OneDrive's. What is asked for next is told as a start
without a dash, as Outlook does.
"""

import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal.sandbox import faults
from portal.sandbox.faults import Fault, Kind
from portal.sandbox.graph import limits, mishaps, send
from portal.sandbox.graph.messages.busy import alone
from portal.sandbox.graph.messages.shown import not_found
from portal.sandbox.graph.problems import Problem
from portal.sandbox.login import clients
from portal.sandbox.mailbox import drafts, uploads
from portal.sandbox.mailbox.uploads import Session

bp = Blueprint("uploads", __name__, url_prefix="/api/gv1.0")

RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
ELSEWHERE = "https://uploads.example.invalid"
CASINGS = (
    ("ExpirationDateTime", "NextExpectedRanges"),
    ("expirationDateTime", "nextExpectedRanges"),
)
CUSTOM = ("ExpirationDateTime", "nextExpectedRanges")  # as in the documents' sample


def opened(
    session: Session, message_id: str, elsewhere: Fault | None
) -> dict[str, Any]:
    """Return the answer that opens a session."""
    base = clients.current().base_url
    if elsewhere:
        base = str(elsewhere.more.get("host", ELSEWHERE))
    address = (
        f"{base}/api/gv1.0/users('{session.oid}')"
        f"/messages('{quote(message_id)}')/attachmentsessions?authtoken={session.id}"
    )
    return {
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata"
        "#microsoft.graph.uploadSession",
        "uploadUrl": address,
        "expirationDateTime": _expiry(session),
        "nextExpectedRanges": ["0-"],
    }


@bp.put("/<path:_item>")
def receive(_item: str) -> ResponseReturnValue:
    """Take the next range; the last one makes the attachment."""
    session = _session()
    with _slot(session), alone(session.draft):
        return _played(lambda: _receive(session))


def _slot(session: Session) -> AbstractContextManager[None]:
    return limits.slot((session.app_id, session.oid))


def _played(accept: Callable[[], ResponseReturnValue]) -> ResponseReturnValue:
    """Answer as Graph does, with whatever is to go wrong."""
    fault = faults.take(*faults.GRAPH, request=send.called())
    time.sleep(faults.latency())
    return mishaps.play(fault, accept)


def _receive(session: Session) -> ResponseReturnValue:
    start, end, total = _range()
    content = limits.read_body()
    if (start, total) != (session.received, session.size):
        raise _wrong_range(f"bytes {session.received}-…/{session.size} come next")
    if len(content) != end - start + 1 or end >= total:
        raise _wrong_range("the body is not as long as the range")
    there = start + len(content)
    limits.check_message(drafts.encoded_size(session.draft) + there * 4 // 3)
    return _finish(session, content) if there == total else _go_on(session, content)


def _range() -> tuple[int, int, int]:
    match = RANGE.fullmatch(request.headers.get("Content-Range", ""))
    if not match:
        raise _wrong_range("Content-Range is missing or misshapen")
    start, end, total = (int(number) for number in match.groups())
    return start, end, total


def _wrong_range(text: str) -> Problem:
    # UNCONFIRMED what Outlook says to a range that it has already, or to one that
    # leaves a gap; only that neither changes anything.
    return Problem(400, "ErrorInvalidRange", f"Invalid range: {text}.")


def _finish(session: Session, content: bytes) -> ResponseReturnValue:
    file_id = uploads.finish(session, content)
    if file_id is None:
        raise not_found()
    response = send.empty(201)
    response.headers["Location"] = (
        f"{clients.current().base_url}/v1.0/users('{session.oid}')"
        f"/Messages('{quote(session.draft)}')/Attachments('{quote(file_id)}')"
    )
    return response


def _go_on(session: Session, content: bytes) -> ResponseReturnValue:
    now = uploads.receive(session, content)
    if now is None:
        raise not_found()
    return _progress(now)


def _progress(session: Session) -> ResponseReturnValue:
    """Say what comes next; the casing of the keys has varied."""
    varies = faults.meet(Kind.KEYS_VARY)
    expiry, expected = CASINGS[session.ranges % 2 - 1] if varies else CUSTOM
    return {
        "@odata.context": "https://outlook.office.com/api/v2.0/$metadata#Session",
        expiry: _expiry(session),
        expected: [str(session.received)],
    }


@bp.get("/<path:_item>")
def progress(_item: str) -> ResponseReturnValue:
    """Say what comes next; UNCONFIRMED for Outlook, hence a switch."""
    if faults.meet(Kind.SESSION_SILENT):
        raise Problem(
            405,
            "ErrorInvalidRequest",
            "The HTTP method 'GET' is not supported here.",
            {"Allow": "PUT, DELETE"},
        )
    session = _session()
    with _slot(session):
        return _played(lambda: _progress(session))


@bp.delete("/<path:_item>")
def cancel(_item: str) -> ResponseReturnValue:
    """End a session and forget what it received."""
    session = _session()
    with _slot(session):
        return _played(lambda: _end(session))


def _end(session: Session) -> ResponseReturnValue:
    uploads.end(session)
    return send.empty(204)


def _session() -> Session:
    """Return the session of this request; raise for a bearer token beside it."""
    if request.headers.get("Authorization"):
        raise Problem(401, "InvalidAudienceForResource", "The audience claim is wrong.")
    session = uploads.find(request.args.get("authtoken", ""))
    if session is None:
        raise not_found()
    return session


def _expiry(session: Session) -> str:
    return f"{datetime.fromtimestamp(session.expires, UTC):%Y-%m-%dT%H:%M:%SZ}"
