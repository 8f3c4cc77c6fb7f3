"""What the sandbox remembers: one SQLite file, or one that ends with the process.

One connection behind one lock: the sandbox runs as one process with several threads,
and every use is short.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_urlsafe
from threading import RLock
from typing import Any

from flask import current_app

VERSION = 3  # a file of another version is emptied: nothing in it is of value
SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS visits (
    id TEXT PRIMARY KEY, request TEXT NOT NULL, oid TEXT, expires REAL NOT NULL);
CREATE TABLE IF NOT EXISTS codes (
    id TEXT PRIMARY KEY, issued TEXT NOT NULL, expires REAL NOT NULL,
    used INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS devices (
    id TEXT PRIMARY KEY, user_code TEXT NOT NULL UNIQUE, request TEXT NOT NULL,
    expires REAL NOT NULL, interval REAL NOT NULL, polled REAL NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'pending', oid TEXT, born REAL);
CREATE TABLE IF NOT EXISTS refresh_tokens (
    id TEXT PRIMARY KEY, client_id TEXT NOT NULL, oid TEXT NOT NULL,
    scope TEXT NOT NULL, born REAL NOT NULL, expires REAL NOT NULL);
CREATE TABLE IF NOT EXISTS grants (
    client_id TEXT NOT NULL, tenant_id TEXT NOT NULL, principal TEXT NOT NULL,
    permission TEXT NOT NULL,
    PRIMARY KEY (client_id, tenant_id, principal, permission));
CREATE TABLE IF NOT EXISTS revocations (oid TEXT PRIMARY KEY, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS faults (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, times INTEGER, more TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS met (kind TEXT PRIMARY KEY, times INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS mails (
    id TEXT PRIMARY KEY, number INTEGER, immutable TEXT NOT NULL,
    tenant_id TEXT NOT NULL, oid TEXT NOT NULL, kept INTEGER NOT NULL,
    message_id TEXT NOT NULL, subject TEXT NOT NULL, facts TEXT NOT NULL, look TEXT,
    source BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS drafts (
    id TEXT PRIMARY KEY, immutable TEXT NOT NULL, oid TEXT NOT NULL,
    message_id TEXT NOT NULL, created TEXT NOT NULL, change INTEGER NOT NULL,
    properties TEXT NOT NULL, source BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS files (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL,
    label TEXT NOT NULL, content TEXT NOT NULL, size INTEGER NOT NULL,
    sha256 TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS uploads (
    id TEXT PRIMARY KEY, draft TEXT NOT NULL, app_id TEXT NOT NULL, oid TEXT NOT NULL,
    label TEXT NOT NULL, size INTEGER NOT NULL, received INTEGER NOT NULL,
    ranges INTEGER NOT NULL, most INTEGER, expires REAL NOT NULL);
CREATE TABLE IF NOT EXISTS pieces (
    content TEXT NOT NULL, start INTEGER NOT NULL, bytes BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS mails_immutable ON mails (immutable);
CREATE INDEX IF NOT EXISTS drafts_immutable ON drafts (immutable);
CREATE INDEX IF NOT EXISTS files_owner ON files (owner);
CREATE INDEX IF NOT EXISTS files_content ON files (content);
CREATE INDEX IF NOT EXISTS pieces_content ON pieces (content, start);
CREATE INDEX IF NOT EXISTS mails_number ON mails (number);
CREATE INDEX IF NOT EXISTS mails_message_id ON mails (oid, message_id);
CREATE INDEX IF NOT EXISTS mails_subject ON mails (subject);
"""


class Store:
    """The file, its connection and its lock."""

    def __init__(self, path: Path | None) -> None:
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = RLock()
        # Without a name it is a file of SQLite's own, which nobody else finds: the
        # mails of a test may be as large as any.
        self._connection = sqlite3.connect(
            path or "", check_same_thread=False, isolation_level=None
        )
        self._connection.row_factory = sqlite3.Row
        # A killed process loses nothing in WAL; a lost power may cost the last
        # mails of a sandbox, which nobody mourns.
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._empty_another_version()
        self._connection.executescript(SCHEMA)

    def _empty_another_version(self) -> None:
        if self.ask("PRAGMA user_version")[0][0] == VERSION:
            return
        for row in self.ask("SELECT type, name FROM sqlite_master"):
            if row["type"] in ("table", "view"):
                self.tell(f"DROP {row['type']} {row['name']}")
        self.tell("PRAGMA auto_vacuum = INCREMENTAL")
        self.tell("VACUUM")
        self.tell(f"PRAGMA user_version = {VERSION}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the lock; commit when the block ends well, else undo all of it.

        Within another, it is a part of that one.
        """
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def ask(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """Run one statement and return all its rows."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def tell(self, sql: str, *values: Any) -> int:
        """Run one statement and return how many rows it changed."""
        with self._lock:
            return self._connection.execute(sql, values).rowcount

    def setting(self, name: str) -> str | None:
        """Return a kept value, None when there is none."""
        rows = self.ask("SELECT value FROM settings WHERE name = ?", name)
        return str(rows[0]["value"]) if rows else None

    def keep(self, name: str, value: str) -> None:
        """Keep a value under a name."""
        self.tell("INSERT OR REPLACE INTO settings VALUES (?, ?)", name, value)

    def shrink(self) -> None:
        """Give the room of what was deleted back to the machine."""
        with self._lock:
            # A script, because only that takes the pragma's steps to their end.
            self._connection.executescript(
                "PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)"
            )

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()


def current() -> Store:
    """Return the store of the running application."""
    store: Store = current_app.extensions["sandbox.store"]
    return store


def new_id() -> str:
    """Return an id as Exchange makes them: long, and ending in an =."""
    return f"AAMkA{token_urlsafe(60)}="
