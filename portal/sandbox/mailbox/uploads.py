"""Uploads under way: the sessions in which large files of drafts arrive in ranges."""

import hashlib
import json
import time
from dataclasses import dataclass, replace
from secrets import token_urlsafe

from portal.sandbox import store
from portal.sandbox.mailbox import drafts, files
from portal.sandbox.mailbox.drafts import Draft
from portal.sandbox.mailbox.mime import Label

SESSION_SECONDS = 24 * 3600


@dataclass(frozen=True, kw_only=True)
class Life:
    """How long a session lasts."""

    seconds: float = SESSION_SECONDS
    most: int | None = None  # ranges, after which it is over; None: as many as come


@dataclass(frozen=True, kw_only=True)
class Session:
    """An upload that is under way."""

    id: str
    draft: str
    app_id: str
    oid: str
    label: Label
    size: int
    received: int  # bytes
    ranges: int  # how many there were
    most: int | None
    expires: float


def begin(draft: Draft, app_id: str, size: int, label: Label, life: Life) -> Session:
    """Open a session; its id is its only key."""
    session = Session(
        id=token_urlsafe(48),
        draft=draft.id,
        app_id=app_id,
        oid=draft.oid,
        label=label,
        size=size,
        received=0,
        ranges=0,
        most=life.most,
        expires=time.time() + life.seconds,
    )
    store.current().tell(
        "INSERT INTO uploads VALUES (?, ?, ?, ?, ?, ?, 0, 0, ?, ?)",
        session.id,
        draft.id,
        app_id,
        draft.oid,
        json.dumps(files.said(label)),
        size,
        session.most,
        session.expires,
    )
    return session


def find(upload_id: str) -> Session | None:
    """Find a session that has not ended."""
    _forget_expired()
    rows = store.current().ask("SELECT * FROM uploads WHERE id = ?", upload_id)
    if not rows:
        return None
    return Session(**{**dict(rows[0]), "label": Label(**json.loads(rows[0]["label"]))})


def receive(session: Session, content: bytes) -> Session | None:
    """Keep the next range and return what the session is then; None: it has ended.

    One that may take no more ranges is over with this one, and says so.
    """
    with store.current().transaction():
        there = store.current().tell(
            "UPDATE uploads SET received = ?, ranges = ranges + 1 WHERE id = ?",
            session.received + len(content),
            session.id,
        )
        if not there:
            return None
        files.write(session.id, session.received, content)
        now = replace(
            session,
            received=session.received + len(content),
            ranges=session.ranges + 1,
        )
        if now.ranges == now.most:
            end(now)
            now = replace(now, expires=time.time())
    return now


def finish(session: Session, content: bytes) -> str | None:
    """Make a file of an upload with its last range; return its id, None: it has ended.

    All of it is hashed, a range at a time.
    """
    digest = hashlib.sha256()
    for piece in files.read(session.id):
        digest.update(piece)
    digest.update(content)
    with store.current().transaction():
        if not _delete(session):
            return None
        files.write(session.id, session.received, content)
        drafts.touch(session.draft)
        known = (session.id, session.size, digest.hexdigest())
        return files.adopt(session.draft, session.label, known)


def end(session: Session) -> None:
    """Forget a session and what it received."""
    with store.current().transaction():
        _delete(session)
        files.sweep()


def _delete(session: Session) -> bool:
    return store.current().tell("DELETE FROM uploads WHERE id = ?", session.id) > 0


def _forget_expired() -> None:
    with store.current().transaction():
        tell, now = store.current().tell, time.time()
        if tell("DELETE FROM uploads WHERE expires < ?", now):
            files.sweep()
