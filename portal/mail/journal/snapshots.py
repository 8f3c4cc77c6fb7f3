"""Snapshots: the settings that attempts are made with, each kept once.

A snapshot is named by the fingerprint of what it says, so a worker knows its name
without looking, and writes only what this process has not kept lately. Whoever takes
one leaves every secret out of it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from weakref import WeakKeyDictionary

from sqlalchemy import CursorResult, Engine, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock, db
from portal.mail.journal import JournalRow

NAME_LENGTH = 16  # hexadecimal digits: one in 2**64 is like another
FRESH = timedelta(hours=1)  # so long nobody asks whether it is still kept
# Longer than what is fresh, and than a transaction that names it may be open.
SPARED = timedelta(days=1)

_kept: WeakKeyDictionary[Engine, dict[str, datetime]] = WeakKeyDictionary()


class SnapshotRow(db.Table):
    """The settings of one moment, and of all others at which they were the same."""

    __tablename__ = "snapshot"

    id: Mapped[str] = mapped_column(primary_key=True)
    settings: Mapped[dict[str, Any]]
    since: Mapped[datetime]
    used_at: Mapped[datetime]  # or up to `FRESH` later


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What can be told of one."""

    name: str
    settings: Mapping[str, str]
    since: datetime


def name(settings: Mapping[str, str]) -> str:
    """Return the name of what is in force; the order of the settings says nothing."""
    canonical = json.dumps(settings, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:NAME_LENGTH]


def fresh(snapshot: str) -> bool:
    """Tell whether this process has kept a snapshot just before."""
    kept_at = _kept.get(db.engine(), {}).get(snapshot)
    return kept_at is not None and kept_at > clock.now() - FRESH


def remember(snapshot: str) -> None:
    """Note that it is kept, once that is committed."""
    _kept.setdefault(db.engine(), {})[snapshot] = clock.now()


def forget() -> None:
    """Note that nothing is known to be kept: it may be another database now."""
    _kept.clear()


def keep(session: Session, settings: Mapping[str, str]) -> str:
    """Keep what is in force unless it is kept already; return its name."""
    now = clock.now()
    row = {
        "id": name(settings),
        "settings": dict(settings),
        "since": now,
        "used_at": now,
    }
    adding = db.insert(SnapshotRow).values(row)
    session.execute(
        adding.on_conflict_do_update(
            index_elements=[SnapshotRow.id], set_={"used_at": now}
        )
    )
    return name(settings)


def find(session: Session, snapshot: str) -> Snapshot | None:
    """Return a snapshot by its name; None if it is not kept."""
    row = session.get(SnapshotRow, snapshot)
    if row is None:
        return None
    return Snapshot(name=row.id, settings=row.settings, since=row.since)


def several(session: Session, names: set[str]) -> dict[str, Snapshot]:
    """Return those of these names that are kept."""
    rows = session.scalars(select(SnapshotRow).where(SnapshotRow.id.in_(names)))
    return {
        row.id: Snapshot(name=row.id, settings=row.settings, since=row.since)
        for row in rows
    }


def sweep(session: Session) -> int:
    """Delete what no line can name any more: last used before the oldest of them."""
    oldest = session.scalar(select(JournalRow.at).order_by(JournalRow.id).limit(1))
    before = (oldest or clock.now()) - SPARED
    unused = delete(SnapshotRow).where(SnapshotRow.used_at < before)
    unused = unused.execution_options(synchronize_session=False)
    return cast(CursorResult[Any], session.execute(unused)).rowcount
