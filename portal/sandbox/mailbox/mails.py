"""The mails that were sent, and how to look at them."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from portal.sandbox import store
from portal.sandbox.mailbox import enclosure, files, mime
from portal.sandbox.mailbox.enclosure import Attached
from portal.sandbox.mailbox.files import Kept
from portal.sandbox.seeds import Account


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """One mail as it leaves: the envelope, the bytes without Bcc, the files beside."""

    mailbox: Account  # whose mailbox it was sent with
    sender: Account  # in whose name
    from_address: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    bcc: tuple[str, ...]
    subject: str
    message_id: str
    source: bytes
    call: str  # "POST /v1.0/me/sendMail"
    files: tuple[Attached, ...] = ()
    kept: bool = True  # a copy in Sent Items
    immutable: str | None = None  # the id that outlives the draft it was

    @property
    def size(self) -> int:
        """Return how many bytes leave."""
        return enclosure.size(enclosure.enclose(self.source, self.files))


def record(parcel: Parcel) -> str:
    """Keep a mail that was sent and return its id; durable when this returns."""
    facts = {
        "mailbox": parcel.mailbox.address,
        "from": parcel.from_address,
        "sender": parcel.sender.address,
        "to": parcel.to,
        "cc": parcel.cc,
        "bcc": parcel.bcc,
        "sent_at": datetime.now(UTC).isoformat(),
        "call": parcel.call,
        "size": parcel.size,
    }
    mail_id = store.new_id()
    with store.current().transaction():
        store.current().tell(
            "INSERT INTO mails (number, id, immutable, tenant_id, oid, kept,"
            " message_id, subject, facts, source) SELECT"
            " coalesce(max(number), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM mails",
            mail_id,
            parcel.immutable or store.new_id(),
            parcel.mailbox.tenant.id,
            parcel.mailbox.oid,
            parcel.kept,
            parcel.message_id,
            parcel.subject,
            json.dumps(facts),
            parcel.source,
        )
        for file in parcel.files:
            files.keep(mail_id, file)
    return mail_id


def sent(subject: str | None = None, limit: int = -1) -> list[dict[str, Any]]:
    """Return sent mails, newest first; all of them, or those with this subject."""
    rows = store.current().ask(
        "SELECT id, tenant_id, subject, message_id, facts, look FROM mails"
        " WHERE (? IS NULL OR subject = ?) ORDER BY number DESC LIMIT ?",
        subject,
        subject,
        limit,
    )
    return [_told(row) | _look(row) for row in rows]


def listed(tenant_id: str, limit: int) -> list[dict[str, Any]]:
    """Return the newest mails of an organization, by their envelopes only."""
    rows = store.current().ask(
        "SELECT id, tenant_id, subject, message_id, facts FROM mails"
        " WHERE tenant_id = ? ORDER BY number DESC LIMIT ?",
        tenant_id,
        limit,
    )
    return [_told(row) for row in rows]


def count() -> dict[str, int]:
    """Return how many mails each organization has sent, by tenant id."""
    rows = store.current().ask(
        "SELECT tenant_id, count(*) AS mails FROM mails GROUP BY tenant_id"
    )
    return {row["tenant_id"]: row["mails"] for row in rows}


def one(mail_id: str) -> dict[str, Any] | None:
    """Return one sent mail."""
    rows = store.current().ask(
        "SELECT id, tenant_id, subject, message_id, facts, look FROM mails"
        " WHERE id = ?",
        mail_id,
    )
    return _told(rows[0]) | _look(rows[0]) if rows else None


def source(mail_id: str) -> Iterator[bytes]:
    """Return the bytes of a mail, some at a time; nothing when there is none."""
    return enclosure.written(enclosure.enclose(_own(mail_id), files.of(mail_id)))


def attachment(mail_id: str, number: int) -> tuple[str, Iterator[bytes], int]:
    """Return name, content and size of one file of a mail; raise IndexError."""
    beside = _beside(mail_id)
    own = mime.attachments(_own(mail_id))
    if number < len(own):
        name, content = own[number]
        return name, iter([content]), len(content)
    file = beside[number - len(own)]
    return file.name, file.read(), file.size


def _own(mail_id: str) -> bytes:
    """Return a mail without the files beside it."""
    rows = store.current().ask("SELECT source FROM mails WHERE id = ?", mail_id)
    return bytes(rows[0]["source"]) if rows else b""


def _beside(mail_id: str) -> list[Kept]:
    return enclosure.ordered(files.of(mail_id))


def in_mailbox(oid: str, name: str, value: str) -> list[dict[str, Any]]:
    """Return the copies in Sent Items with this "id" or "message_id"."""
    rows = store.current().ask(
        "SELECT id, immutable, tenant_id, subject, message_id, facts, look FROM mails"
        " WHERE oid = ? AND kept"
        " AND ((? = 'id' AND ? IN (id, immutable))"
        " OR (? = 'message_id' AND message_id = ?))",
        oid,
        name,
        value,
        name,
        value,
    )
    return [_told(row) | _look(row) | {"immutable": row["immutable"]} for row in rows]


def forget() -> None:
    """Empty all mailboxes, drafts and uploads included."""
    for table in ("mails", "drafts", "files", "uploads", "pieces"):
        store.current().tell(f"DELETE FROM {table}")  # noqa: S608 - our own names
    store.current().shrink()


def _told(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "tenant": row["tenant_id"],
        "subject": row["subject"],
        "internet_message_id": row["message_id"],
        **json.loads(row["facts"]),
    }


def _look(row: sqlite3.Row) -> dict[str, Any]:
    """Return what is inside a mail; it is taken apart when first asked for."""
    text = row["look"]
    if text is None:
        look = mime.look(_own(row["id"]))
        look["attachments"] += map(enclosure.described, _beside(row["id"]))
        text = json.dumps(look)
        store.current().tell("UPDATE mails SET look = ? WHERE id = ?", text, row["id"])
    told: dict[str, Any] = json.loads(text)
    return told
