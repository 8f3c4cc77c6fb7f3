"""The address of an upload session: ranges in order, and no token but its own.

No rule of 320 KiB: that is OneDrive's. What is asked for next is told as a start
without a dash, as Outlook does.
"""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import quote

from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue

from portal.sandbox import drafts, faults
from portal.sandbox.drafts import Session
from portal.sandbox.graph import limits, mishaps, send
from portal.sandbox.graph.messages.shown import not_found
from portal.sandbox.graph.problems import Problem
from portal.sandbox.login import clients
from portal.sandbox.seeds import Account

bp = Blueprint("uploads", __name__, url_prefix="/api/gv1.0")

RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


class Busy:
    """The drafts that are being changed at this moment."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.drafts: set[str] = set()


@contextmanager
def alone(draft_id: str) -> Iterator[None]:
    """Change a draft's files; raise 412 while another request does."""
    busy: Busy = current_app.extensions["sandbox.busy"]
    with busy.lock:
        if draft_id in busy.drafts:
            raise Problem(
                412,
                "ErrorIrresolvableConflict",
                "The send or update operation could not be performed because the"
                " change key passed in the request does not match.",
            )
        busy.drafts.add(draft_id)
    try:
        yield
    finally:
        with busy.lock:
            busy.drafts.discard(draft_id)


def opened(upload_id: str, mailbox: Account, message_id: str) -> dict[str, object]:
    """Return the answer that opens a session."""
    address = (
        f"{clients.current().base_url}/api/gv1.0/users('{mailbox.oid}')"
        f"/messages('{quote(message_id)}')/attachmentsessions?authtoken={upload_id}"
    )
    session = _session(upload_id)
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
    session = _session(request.args.get("authtoken", ""))
    with limits.slot((session.app_id, session.oid)), alone(session.draft):
        fault = faults.take(*faults.GRAPH, request=f"PUT {request.path}")
        time.sleep(faults.latency())
        return mishaps.play(fault, lambda: _receive(session))


def _receive(session: Session) -> ResponseReturnValue:
    start, end, total = _range()
    content = limits.read_body()
    if (start, total) != (session.received, session.size):
        raise _wrong_range(f"bytes {session.received}-…/{session.size} come next")
    if len(content) != end - start + 1 or end >= total:
        raise _wrong_range("the body is not as long as the range")
    last = start + len(content) == total
    if last:
        limits.check_message(drafts.encoded_size(session.draft) + total * 4 // 3)
    received = drafts.receive(session, content)
    return _finished(session) if last else _progress(session, received)


def _range() -> tuple[int, int, int]:
    match = RANGE.fullmatch(request.headers.get("Content-Range", ""))
    if not match:
        raise _wrong_range("Content-Range is missing or misshapen")
    start, end, total = (int(number) for number in match.groups())
    return start, end, total


def _wrong_range(text: str) -> Problem:
    return Problem(400, "ErrorInvalidRange", f"Invalid range: {text}.")  # UNCONFIRMED


def _finished(session: Session) -> ResponseReturnValue:
    file_id = drafts.finish_upload(session)
    response = send.empty(201)
    response.headers["Location"] = (
        f"{clients.current().base_url}/v1.0/users('{session.oid}')"
        f"/Messages('{quote(session.draft)}')/Attachments('{quote(file_id)}')"
    )
    return response


def _progress(session: Session, received: int) -> ResponseReturnValue:
    return {
        "@odata.context": "https://outlook.office.com/api/v2.0/$metadata#Session",
        "ExpirationDateTime": _expiry(session),
        "nextExpectedRanges": [str(received)],
    }


@bp.get("/<path:_item>")
def progress(_item: str) -> ResponseReturnValue:
    """Say what comes next; UNCONFIRMED for Outlook."""
    session = _session(request.args.get("authtoken", ""))
    return _progress(session, session.received)


@bp.delete("/<path:_item>")
def cancel(_item: str) -> ResponseReturnValue:
    """End a session and forget what it received."""
    drafts.end_upload(_session(request.args.get("authtoken", "")))
    return send.empty(204)


def _session(upload_id: str) -> Session:
    """Return the session of this request; raise for a bearer token beside it."""
    if request.path.startswith("/api/") and request.headers.get("Authorization"):
        raise Problem(401, "InvalidAudienceForResource", "The audience claim is wrong.")
    session = drafts.upload(upload_id)
    if session is None:
        raise not_found()
    return session


def _expiry(session: Session) -> str:
    return f"{datetime.fromtimestamp(session.expires, UTC):%Y-%m-%dT%H:%M:%SZ}"
