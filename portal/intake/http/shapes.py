"""The shapes in which the HTTP door shows a message; what is in them stays."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask.typing import ResponseReturnValue

from portal import config
from portal.accept import Receipt
from portal.intake.bulk import Act, Step
from portal.mail.journal import Line
from portal.mail.outbox.records import Page, Record
from portal.mail.transfers import Progress
from portal.workspace.accounts import Account


def accepted(receipt: Receipt, links: dict[str, str]) -> ResponseReturnValue:
    answer = {"id": receipt.id, "status": receipt.status, "links": links}
    return answer, HTTPStatus.ACCEPTED, {"Location": links["self"]}


def listed(record: Record, account: Account, page: str) -> dict[str, Any]:
    """Show a message without its history; `page` puts its account right."""
    shown = {
        "id": str(record.id),
        "status": record.state,
        "reason": record.reason,
        "explanation": record.told.at(page).plain,
        "from": record.sender or account.sender,
        "account": account.name,
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


def page(shown: list[dict[str, Any]], asked: Page) -> dict[str, Any]:
    """Show a page of messages, of which one more was looked for than it has."""
    given = {"status": asked.state, "limit": asked.limit}
    on_it, more = shown[: asked.limit], len(shown) > asked.limit
    following = {name: value for name, value in given.items() if value}
    query = urlencode(following | {"after": on_it[-1]["id"]}) if more else ""
    return {
        "messages": on_it,
        "links": {"next": f"{address()}?{query}" if more else None},
    }


def step(came: Step, act: Act, asked: Page, after: UUID | None) -> dict[str, Any]:
    """Show what a decision about many came to, and where it goes on."""
    query = urlencode({"status": asked.state, "limit": asked.limit, "after": after})
    return {
        "done": came.done,
        "refused": [
            {"reason": reason, "count": count} for reason, count in came.refused.items()
        ],
        "links": {"next": f"{address(act)}?{query}" if after else None},
    }


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


def line(told: Line, page: str) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "at": told.at,
        "event": told.event,
        "reason": told.reason,
    }
    if explained := told.explained.at(page).plain:
        shown["explanation"] = explained
    if told.attempt:
        shown["attempt"] = told.attempt
    if told.again_at:
        shown["again_at"] = told.again_at
    if told.answer:
        shown["answer"] = told.answer.plain
    return _with_times(shown)


def links(record: Record) -> dict[str, str]:
    """Name the message, the one that it goes instead of, and the one instead of it."""
    named = {
        "self": record.id,
        "copy_of": record.copy_of,
        "resent_as": record.resent_as,
    }
    return {name: address(id) for name, id in named.items() if id}


def address(message_id: UUID | str = "") -> str:
    """Return where a message is found, or all of them, for whoever has their key."""
    place = f"{config.current().base_url}/api/v1/messages"
    return f"{place}/{message_id}" if message_id else place


def _with_times(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in values.items()
    }
