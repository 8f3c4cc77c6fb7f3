"""The files of drafts and sent mails: what is known of each, and its bytes in pieces.

The bytes stay where they were first written. What an upload becomes, and the mail that
a draft becomes, only name them, so that no file is ever whole in memory.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from secrets import token_urlsafe
from typing import Any

from portal.sandbox import store
from portal.sandbox.mailbox.mime import File, Label


@dataclass(frozen=True, kw_only=True)
class Kept(Label):
    """A file that is kept: what is known of it, without its bytes."""

    id: str
    content: str  # the name of its bytes
    size: int
    sha256: str

    def read(self) -> Iterator[bytes]:
        """Return the bytes piece by piece; they end early once they are forgotten."""
        return read(self.content)


def keep(owner: str, file: File | Kept) -> str:
    """Let a draft or a mail have a file, and return its id there."""
    if isinstance(file, Kept):
        return adopt(owner, file, (file.content, file.size, file.sha256))
    content = token_urlsafe()
    digest = hashlib.sha256(file.content).hexdigest()
    with store.current().transaction():
        write(content, 0, file.content)
        return adopt(owner, file, (content, file.size, digest))


def adopt(owner: str, label: Label, known: tuple[str, int, str]) -> str:
    """Let a draft or a mail have what is there; `known` is name, size and SHA-256."""
    file_id = f"{store.new_id()}="
    store.current().tell(
        "INSERT INTO files (id, owner, label, content, size, sha256)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        file_id,
        owner,
        json.dumps(said(label)),
        *known,
    )
    return file_id


def of(owner: str) -> list[Kept]:
    """Return the files of a draft or a mail, in the order they came."""
    rows = store.current().ask(
        "SELECT * FROM files WHERE owner = ? ORDER BY number", owner
    )
    return [_kept(row) for row in rows]


def remove(file_id: str) -> None:
    """Forget one file."""
    store.current().tell("DELETE FROM files WHERE id = ?", file_id)
    sweep()


def write(content: str, start: int, piece: bytes) -> None:
    """Keep the next bytes under a name."""
    store.current().tell("INSERT INTO pieces VALUES (?, ?, ?)", content, start, piece)


def read(content: str) -> Iterator[bytes]:
    """Return the bytes under a name piece by piece."""
    start = 0
    while rows := store.current().ask(
        "SELECT bytes FROM pieces WHERE content = ? AND start = ?", content, start
    ):
        piece = bytes(rows[0]["bytes"])
        yield piece
        start += len(piece)
        if not piece:
            break


def sweep() -> None:
    """Forget the bytes that neither a file nor an upload names any more."""
    store.current().tell(
        "DELETE FROM pieces WHERE content NOT IN"
        " (SELECT content FROM files UNION SELECT id FROM uploads)"
    )


def said(label: Label) -> dict[str, Any]:
    """Return what is said about a file, and nothing else that is known of it."""
    whole = asdict(label)
    return {name: whole[name] for name in Label.__dataclass_fields__}


def _kept(row: sqlite3.Row) -> Kept:
    return Kept(
        id=row["id"],
        content=row["content"],
        size=row["size"],
        sha256=row["sha256"],
        **json.loads(row["label"]),
    )
