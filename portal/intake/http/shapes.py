"""The shapes in which the HTTP door shows a message; what is in them stays."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask.typing import ResponseReturnValue

from portal import config
from portal.accept import Receipt
from portal.mail.journal import Line
from portal.mail.outbox.records import Record
from portal.mail.transfers import Progress


def accepted(receipt: Receipt, links: dict[str, str]) -> ResponseReturnValue:
    answer = {"id": receipt.id, "status": receipt.status, "links": links}
    return answer, HTTPStatus.ACCEPTED, {"Location": links["self"]}


def message(record: Record) -> dict[str, Any]:
    shown = {
        "id": str(record.id),
        "status": record.state,
        "reason": record.reason,
        "subject": record.subject,
        "message_id": record.internet_message_id,
        "size": record.size,
        "attempts": record.attempts,
        "accepted_at": record.accepted_at,
        "next_attempt_at": record.next_attempt_at,
        "expires_at": record.expires_at,
        "finished_at": record.finished_at,
        "tags": list(record.tags),
        "links": links(record),
    }
    return _with_times(shown)


def progress(known: Progress | None) -> dict[str, Any] | None:
    """Tell how far the files have come that go by themselves; null if none does."""
    if known is None:
        return None
    return {
        "bytes": known.done,
        "total": known.total,
        "percent": known.percent,
        "bytes_per_second": known.per_second,
        "seconds_left": known.seconds_left,
    }


def line(told: Line) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "at": told.at,
        "event": told.event,
        "reason": told.reason,
    }
    if told.attempt:
        shown["attempt"] = told.attempt
    if told.again_at:
        shown["again_at"] = told.again_at
    if told.answer:
        said = vars(told.answer).items()
        shown["answer"] = {name: value for name, value in said if value}
    return _with_times(shown)


def links(record: Record) -> dict[str, str]:
    """Name the message, the one that it goes instead of, and the one instead of it."""
    named = {
        "self": record.id,
        "copy_of": record.copy_of,
        "resent_as": record.resent_as,
    }
    return {name: address(id) for name, id in named.items() if id}


def address(message_id: UUID | str) -> str:
    """Return where a message is found, for whoever has its key."""
    return f"{config.current().base_url}/api/v1/messages/{message_id}"


def _with_times(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in values.items()
    }
