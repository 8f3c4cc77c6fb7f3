"""The high-water mark: how far this machine has seen the outbox go.

It is a file beside the database, so no backup of the database brings it back. A worker
writes it after the commit of a claim, before anything of that is sent. So it is never
ahead of a database that lost nothing: one that stands behind it was restored, and does
not know what was sent since. It names its database, for another one is no older one.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal import clock, vault
from portal.errors import ConfigError
from portal.mail.lanes import LaneRow

NAME = "mark"
NAME_BYTES = 8  # of the fingerprint by which it knows its database
LINE_BYTES = len("2026-11-20T14:32:00.000000+00:00 \n") + 2 * NAME_BYTES


def reached(session: Session) -> datetime | None:
    """Return when something was last claimed, as far as this database knows."""
    return session.scalar(select(func.max(LaneRow.claimed_at)))


def advance(instance: Path, to: datetime) -> None:
    """Let the mark stand at a time, unless it is there already; raise OSError."""
    with _locked(instance, os.O_RDWR | os.O_CREAT) as file:
        seen = _read(file)
        if seen is None or seen < to:
            # In place and of one length, so that it is never half written.
            os.pwrite(file, _line(to), 0)


def behind(session: Session, instance: Path) -> datetime | None:
    """Return the mark if this database stands behind it, else None."""
    # Read before the database: what is claimed meanwhile only brings that forward.
    seen = _seen(instance)
    known = reached(session)
    return seen if seen and (known is None or known < seen) else None


def catch_up(session: Session, seen: datetime) -> bool:
    """Let the database stand at the mark of any machine; return whether it can.

    In the transaction that holds its mail: so that happens once. A database without a
    mailbox has nothing that could stand anywhere; its mark is forgotten instead.
    """
    lanes = update(LaneRow).values(claimed_at=max(clock.now(), seen))
    return bool(session.scalars(lanes.returning(LaneRow.id)).all())


def forget(instance: Path) -> None:
    """Remember nothing any more."""
    with _locked(instance, os.O_RDWR) as file:
        os.ftruncate(file, 0)


def _seen(instance: Path) -> datetime | None:
    try:
        with _locked(instance, os.O_RDONLY) as file:
            return _read(file)
    except FileNotFoundError:
        return None
    except OSError as error:
        path, fault = instance / NAME, type(error).__name__
        raise ConfigError(f"{path} cannot be read ({fault}).") from error


@contextmanager
def _locked(instance: Path, flags: int) -> Iterator[int]:
    file = os.open(instance / NAME, flags, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)


def _read(file: int) -> datetime | None:
    """Return where the mark stands; None if it is another database's, or illegible."""
    time, _, name = (
        os.pread(file, LINE_BYTES, 0).decode("ascii", "replace").partition(" ")
    )
    if name != f"{_database()}\n":
        return None
    with suppress(ValueError):
        return datetime.fromisoformat(time)
    return None


def _line(moment: datetime) -> bytes:
    return f"{moment.isoformat(timespec='microseconds')} {_database()}\n".encode()


def _database() -> str:
    return vault.fingerprint("mark", [])[:NAME_BYTES].hex()
