"""The drafts of the mailboxes, their files, and the sessions that upload large ones."""

import json
import sqlite3
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from secrets import token_urlsafe
from typing import Any

from portal.sandbox import mails, store
from portal.sandbox.mime import File

SESSION_SECONDS = 24 * 3600


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A message that was not sent yet."""

    id: str  # ends when it is sent
    immutable: str
    oid: str  # of the mailbox
    created: str
    change: int  # how often it was changed
    properties: dict[str, Any]  # as Graph's JSON spells them
    source: bytes  # of one that came as MIME, else empty


@dataclass(frozen=True, kw_only=True)
class Session:
    """An upload that is under way."""

    id: str
    draft: str
    app_id: str
    oid: str
    facts: dict[str, Any]  # name, content_type, inline, content_id
    size: int
    received: int
    expires: float


def create(oid: str, properties: dict[str, Any], source: bytes) -> Draft:
    """Keep a new draft."""
    draft = Draft(
        id=mails.new_id(),
        immutable=mails.new_id(),
        oid=oid,
        created=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        change=1,
        properties=properties,
        source=source,
    )
    store.current().tell(
        "INSERT INTO drafts VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        draft.id,
        draft.immutable,
        oid,
        properties["internetMessageId"],
        draft.created,
        draft.change,
        json.dumps(properties),
        source,
    )
    return draft


def find(oid: str, name: str, value: str) -> list[Draft]:
    """Return the drafts of a mailbox with this "id" or "message_id"."""
    rows = store.current().ask(
        "SELECT * FROM drafts WHERE oid = ?"
        " AND ((? = 'id' AND ? IN (id, immutable))"
        " OR (? = 'message_id' AND message_id = ?))",
        oid,
        name,
        value,
        name,
        value,
    )
    return [_draft(row) for row in rows]


def change(draft: Draft, properties: dict[str, Any], source: bytes) -> None:
    """Replace what a draft says."""
    store.current().tell(
        "UPDATE drafts SET properties = ?, source = ?, message_id = ?,"
        " change = change + 1 WHERE id = ?",
        json.dumps(properties),
        source,
        properties["internetMessageId"],
        draft.id,
    )


def remove(draft: Draft) -> None:
    """Forget a draft with its files and uploads; also when it was sent."""
    with store.current().transaction():
        tell = store.current().tell
        tell("DELETE FROM drafts WHERE id = ?", draft.id)
        tell("DELETE FROM files WHERE draft = ?", draft.id)
        tell(
            "DELETE FROM chunks WHERE upload IN"
            " (SELECT id FROM uploads WHERE draft = ?)",
            draft.id,
        )
        tell("DELETE FROM uploads WHERE draft = ?", draft.id)


def attach(draft_id: str, file: File) -> str:
    """Keep a file of a draft and return its id."""
    facts = asdict(file)
    content = facts.pop("content")
    file_id = f"{mails.new_id()}="
    with store.current().transaction():
        store.current().tell(
            "INSERT INTO files SELECT ?, ?, count(*), ?, ? FROM files",
            file_id,
            draft_id,
            json.dumps(facts),
            content,
        )
        store.current().tell(
            "UPDATE drafts SET change = change + 1 WHERE id = ?", draft_id
        )
    return file_id


def files(draft: Draft) -> dict[str, File]:
    """Return the files of a draft by their ids, in the order they came."""
    rows = store.current().ask(
        "SELECT * FROM files WHERE draft = ? ORDER BY number", draft.id
    )
    return {
        row["id"]: File(**json.loads(row["facts"]), content=bytes(row["content"]))
        for row in rows
    }


def encoded_size(draft_id: str) -> int:
    """Return about how large a draft's mail is after encoding, in bytes."""
    row = store.current().ask(
        "SELECT (SELECT coalesce(sum(length(content)), 0) FROM files WHERE draft = ?)"
        " AS files, length(source) AS own FROM drafts WHERE id = ?",
        draft_id,
        draft_id,
    )[0]
    return int(row["own"]) + int(row["files"]) * 4 // 3


def detach(file_id: str) -> bool:
    """Forget a file; tell whether there was one."""
    return store.current().tell("DELETE FROM files WHERE id = ?", file_id) > 0


def begin_upload(draft: Draft, app_id: str, size: int, facts: dict[str, Any]) -> str:
    """Open an upload session and return its id, which is its only key."""
    upload_id = token_urlsafe(48)
    store.current().tell(
        "INSERT INTO uploads VALUES (?, ?, ?, ?, ?, ?, 0, ?)",
        upload_id,
        draft.id,
        app_id,
        draft.oid,
        json.dumps(facts),
        size,
        time.time() + SESSION_SECONDS,
    )
    return upload_id


def upload(upload_id: str) -> Session | None:
    """Find an upload session that has not ended."""
    rows = store.current().ask(
        "SELECT * FROM uploads WHERE id = ? AND expires >= ?", upload_id, time.time()
    )
    if not rows:
        return None
    return Session(**{**dict(rows[0]), "facts": json.loads(rows[0]["facts"])})


def receive(session: Session, content: bytes) -> int:
    """Keep the next range of an upload; return how many bytes there are now."""
    with store.current().transaction():
        store.current().tell(
            "INSERT INTO chunks VALUES (?, ?, ?)", session.id, session.received, content
        )
        received = session.received + len(content)
        store.current().tell(
            "UPDATE uploads SET received = ? WHERE id = ?", received, session.id
        )
    return received


def finish_upload(session: Session) -> str:
    """Make a file of a complete upload and return the file's id."""
    rows = store.current().ask(
        "SELECT content FROM chunks WHERE upload = ? ORDER BY start", session.id
    )
    content = b"".join(bytes(row["content"]) for row in rows)
    file_id = attach(session.draft, File(**session.facts, content=content))
    end_upload(session)
    return file_id


def end_upload(session: Session) -> None:
    """Forget an upload session and what it received."""
    store.current().tell("DELETE FROM chunks WHERE upload = ?", session.id)
    store.current().tell("DELETE FROM uploads WHERE id = ?", session.id)


def _draft(row: sqlite3.Row) -> Draft:
    return Draft(
        id=row["id"],
        immutable=row["immutable"],
        oid=row["oid"],
        created=row["created"],
        change=row["change"],
        properties=json.loads(row["properties"]),
        source=bytes(row["source"]),
    )
