"""The page of one message: how it stands, who receives it, and all that happened."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from flask import render_template

from portal import db
from portal.errors import Need
from portal.mail import journal
from portal.mail.outbox import FINAL, State, records
from portal.mail.outbox.records import Record
from portal.web.messages import measures, story, upload
from portal.web.settings import place
from portal.workspace import accounts
from portal.workspace.accounts import Account
from portal.workspace.consent import changes

ENABLE = "portal accounts set {} --large"


class Case(StrEnum):
    """How a message stands where its state alone does not tell."""

    PERMISSION = "permission"  # held for what an account may be granted
    BEHIND = "behind"  # it is its account that is held
    COPIED = "copied"  # unconfirmed, and another was sent instead
    AGAIN = "again"  # queued, and not for the first time


@dataclass(frozen=True, kw_only=True)
class Permission:
    """What would let a message go, and the form that asks for it."""

    asked: bool  # somebody has already
    sender: str  # what the form says; "": there is nothing to ask for here
    version: int
    at: str  # where the settings lie that say the rest
    command: str = ""  # at a shell, where there is no form for it


def show(message_id: UUID, refusal: str = "") -> str:
    """Return the page as it is now; `refusal` says why a decision was not taken."""
    with db.reading() as session:
        told = _read(session, records.find(session, message_id))
    return render_template("messages/message.html", refusal=refusal, **told)


def _read(session: db.Session, record: Record) -> dict[str, Any]:
    account = accounts.by_id(session, record.account_id)
    lines = [story.tell(line) for line in journal.story(session, record.id)]
    moving = upload.find(session, record)
    return {
        "record": record,
        "account": account,
        "sender": record.sender or account.sender or "",
        "envelope": records.envelope(session, record.id),
        "choices": records.choices(session, record.id),
        "size": measures.size(record.size),
        "case": case(record),
        "told": record.told,
        "settings": place.of(session, record.account_id),
        "lines": [line for line in lines if line],
        "permission": _permission(session, record, account),
        "upload": moving,
        "news": upload.news(record, moving),
        "progress": "" if record.state in FINAL else upload.address(record.id),
    }


def case(record: Record) -> Case | State:
    """Tell how a message stands: what it waits for, or else its state."""
    if record.state == State.HELD and record.need == Need.LARGE_ATTACHMENTS:
        return Case.PERMISSION
    if record.behind:
        return Case.BEHIND
    if record.state == State.UNCONFIRMED and record.resent_as:
        return Case.COPIED
    again = record.state == State.QUEUED and record.attempts > 0
    return Case.AGAIN if again else record.state


def _permission(
    session: db.Session, record: Record, account: Account
) -> Permission | None:
    """Tell how it is given what it is held for; None if it is held for nothing."""
    if case(record) != Case.PERMISSION:
        return None
    wanted = changes.pending(session, account.id)
    sender = (wanted.sender if wanted else None) or account.sender
    here = not account.configured and not account.large_attachments
    return Permission(
        asked=wanted is not None and wanted.large,
        sender=sender if here and sender else "",
        version=account.version,
        at=place.of(session, account.id),
        command=ENABLE.format(account.name) if account.by_application else "",
    )
