"""Who changed what: one line for each change that a person or an operator made.

What somebody decides about many things at once is one line, too: it is there with the
first of them, and counts each in the transaction that changes it.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock, db

COUNTED = text("decision IS NOT NULL")
ONE_LINE = ("decision", "actor", "action", "subject")


class AuditRow(db.Table):
    """One change; never changed itself, but for its count."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("uq_audit_decision", *ONE_LINE, unique=True, **db.only(COUNTED)),
    )

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True
    )
    at: Mapped[datetime]
    actor: Mapped[str]  # an address, "operator", or "key <name>"
    action: Mapped[str]  # "created key", "connected account"
    subject: Mapped[str]  # a name or an address; never a secret
    decision: Mapped[UUID | None]  # which it counts; None: it is of one thing
    times: Mapped[int] = mapped_column(server_default="0", default=0)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One change, as it was written down."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What somebody decides about many things at once."""

    id: UUID
    actor: str
    action: str
    subject: str  # which things were chosen


def note(session: Session, actor: str, action: str, subject: str) -> None:
    """Write down who did what to which thing."""
    session.add(AuditRow(at=clock.now(), actor=actor, action=action, subject=subject))


def count(session: Session, decision: Decision) -> None:
    """Write down one more thing that a decision has changed."""
    adding = db.insert(AuditRow).values(
        at=clock.now(),
        actor=decision.actor,
        action=decision.action,
        subject=decision.subject,
        decision=decision.id,
        times=1,
    )
    session.execute(
        adding.on_conflict_do_update(
            index_elements=ONE_LINE,
            index_where=COUNTED,
            set_={"times": AuditRow.times + 1},
        )
    )


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
        subject=f"{row.times}: {row.subject}" if row.decision else row.subject,
    )
