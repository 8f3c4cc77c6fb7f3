"""Who changed what: one line for each change that a person or an operator made."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Integer, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock, db


class AuditRow(db.Table):
    """One change; never changed itself."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True
    )
    at: Mapped[datetime]
    actor: Mapped[str]  # an address, "operator", or "key <name>"
    action: Mapped[str]  # "created key", "connected account"
    subject: Mapped[str]  # a name or an address; never a secret


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One change, as it was written down."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str


def note(session: Session, actor: str, action: str, subject: str) -> None:
    """Write down who did what to which thing."""
    session.add(AuditRow(at=clock.now(), actor=actor, action=action, subject=subject))


def page(session: Session, before: int | None, limit: int) -> list[Entry]:
    """Return so many changes, the newest first; only older ones than `before`."""
    query = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
    if before is not None:
        query = query.where(AuditRow.id < before)
    return [_entry(row) for row in session.scalars(query)]


def _entry(row: AuditRow) -> Entry:
    return Entry(
        id=row.id,
        at=row.at,
        actor=row.actor,
        action=row.action,
        subject=row.subject,
    )
