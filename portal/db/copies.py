"""Copies of an SQLite database: taken while others write, checked, put in its place."""

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import make_url

from portal.errors import ConfigError, NotAllowed

MISSING = sqlite3.SQLITE_ERROR  # what is locked, or on a bad disk, has other codes
Unreadable = sqlite3.DatabaseError  # what is no database, or damaged
BESIDE = ("-wal", "-shm", "-journal")


def place(url: str) -> Path | None:
    """Return where an SQLite database lies; None for any other."""
    parts = make_url(url)
    name = parts.database or ""
    return Path(name) if parts.get_backend_name() == "sqlite" and name else None


@contextmanager
def draft(target: Path) -> Iterator[Path]:
    """Give a file beside a target, for our eyes only; it is gone at the end."""
    path = target.with_name(f"{target.name}.{secrets.token_hex(8)}")
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        if os.geteuid() == 0:
            # Whoever runs the portal has to be able to use it afterwards.
            owner = target.stat() if target.exists() else target.parent.stat()
            os.chown(path, owner.st_uid, owner.st_gid)
        yield path
    except OSError as error:
        reason = f"{target} cannot be written ({type(error).__name__})."
        raise ConfigError(reason) from error
    finally:
        for end in ("", *BESIDE):
            Path(f"{path}{end}").unlink(missing_ok=True)


def copy(source: Path, target: Path) -> None:
    """Copy a database as it is at one moment, whoever writes to it meanwhile."""
    with _open(source, "ro") as ours, _open(target, "rw") as theirs:
        try:
            ours.backup(theirs)
            # All of it in one file.
            theirs.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.Error as error:
            raise _unusable(source, error) from error


def check(path: Path) -> None:
    """Raise NotAllowed for a file that is no whole database, or brings code along."""
    with _open(path, "ro") as opened:
        try:
            [found] = opened.execute("PRAGMA integrity_check(1)").fetchone()
            code = opened.execute(
                "SELECT count(*) FROM sqlite_master WHERE type IN ('trigger', 'view')"
            ).fetchone()
        except sqlite3.Error as error:
            raise _unusable(path, error) from error
    if found != "ok" or code != (0,):
        raise NotAllowed(f"{path} is damaged, or no database of Mail Portal.")


def ask(path: Path, statement: str) -> list[tuple[object, ...]]:
    """Return the rows of a statement; none if the table is not there.

    Raises Unreadable, or NotAllowed for what cannot be read just now.
    """
    with _open(path, "ro") as opened:
        try:
            return opened.execute(statement).fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != MISSING:
                raise _unusable(path, error) from error
            return []


def tell(path: Path, statement: str, *values: object) -> None:
    """Change a database that nobody uses yet; what leaves it is wiped out."""
    with _open(path, "rw") as opened, opened:
        opened.execute("PRAGMA secure_delete=ON")
        opened.execute(statement, values)


def keep(made: Path, target: Path) -> None:
    """Let a file appear under a name that is not taken, durably; else NotAllowed."""
    _sync(made)
    try:
        os.link(made, target)
    except FileExistsError as error:
        raise NotAllowed(f"{target} is there already; nothing was changed.") from error
    _sync(target.parent)


def check_unused(path: Path) -> None:
    """Raise NotAllowed if somebody uses a database."""
    with _unused(path):
        pass


def replace(made: Path, target: Path) -> None:
    """Put a database in the place of another that nobody uses, or raise NotAllowed."""
    check_unused(made)  # and all of it is in one file
    _sync(made)
    with _unused(target):
        # What a broken one left there would be taken for a part of the new one.
        for end in BESIDE:
            Path(f"{target}{end}").unlink(missing_ok=True)
        made.replace(target)
    _sync(target.parent)


@contextmanager
def _unused(path: Path) -> Iterator[None]:
    """Hold a database so that nobody begins to use it; raise NotAllowed if one does."""
    if not path.exists():
        yield
        return
    with _open(path, "rw") as opened:
        try:
            # Only who has it alone can leave WAL behind, and with it what lies beside.
            opened.execute("PRAGMA journal_mode=DELETE")
            opened.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise NotAllowed(
                f"{path} is in use. Please stop all parts of the portal first."
            ) from error
        except sqlite3.DatabaseError:
            pass  # what is no database any more is in nobody's use
        yield


@contextmanager
def _open(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    try:
        opened = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=1
        )
    except sqlite3.Error as error:
        raise _unusable(path, error) from error
    with closing(opened):
        yield opened


def _unusable(path: Path, error: sqlite3.Error) -> NotAllowed:
    return NotAllowed(f"{path} cannot be used as a database ({error}).")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
