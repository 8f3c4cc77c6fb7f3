"""The drafts of the mailboxes, and the files that are added to them."""

import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from portal.sandbox import store
from portal.sandbox.mailbox import files
from portal.sandbox.mailbox.files import Kept
from portal.sandbox.mailbox.mime import File


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


def create(oid: str, properties: dict[str, Any], source: bytes) -> Draft:
    """Keep a new draft."""
    draft = Draft(
        id=store.new_id(),
        immutable=store.new_id(),
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
        tell("DELETE FROM files WHERE owner = ?", draft.id)
        tell("DELETE FROM uploads WHERE draft = ?", draft.id)
        files.sweep()


def attach(draft_id: str, file: File) -> str:
    """Keep a file of a draft and return its id."""
    with store.current().transaction():
        touch(draft_id)
        return files.keep(draft_id, file)


def detach(draft_id: str, file: Kept) -> None:
    """Forget a file of a draft."""
    with store.current().transaction():
        touch(draft_id)
        files.remove(file.id)


def touch(draft_id: str) -> None:
    """Count a change that is not one of the properties."""
    store.current().tell("UPDATE drafts SET change = change + 1 WHERE id = ?", draft_id)


def encoded_size(draft_id: str) -> int:
    """Return about how large a draft's mail is after encoding, in bytes."""
    row = store.current().ask(
        "SELECT (SELECT coalesce(sum(size), 0) FROM files WHERE owner = ?)"
        " AS files, (SELECT length(source) FROM drafts WHERE id = ?) AS own",
        draft_id,
        draft_id,
    )[0]
    return int(row["own"] or 0) + int(row["files"]) * 4 // 3


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
