"""For how long what is over is kept: as the environment says, an admin, or neither.

The environment wins. A record is never forgotten before its content, nor before its
Idempotency-Key.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace

from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import config, db
from portal.config import RECORDS_DAYS
from portal.errors import NotAllowed
from portal.workspace import audit

TOO_FEW = (
    "A record is kept for {least} days at least: as long as its content, and longer"
    " than an Idempotency-Key."
)
FIXED = "The environment of this machine says how long that is kept."


class RetentionRow(db.Table):
    """What an admin chose; there is one, or none."""

    __tablename__ = "retention"

    id: Mapped[int] = mapped_column(primary_key=True)
    content_days: Mapped[int]
    records_days: Mapped[int]


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How many days content and records are kept, from a final state on."""

    content_days: int = 7
    records_days: int = 90

    @property
    def least(self) -> int:
        """The days that a record is kept at least."""
        return max(RECORDS_DAYS, self.content_days)


def in_force(session: Session) -> Terms:
    """Return what counts now."""
    chosen, given = _chosen(session), config.current()
    terms = replace(chosen, content_days=given.content_days or chosen.content_days)
    if given.records_days is None:
        return replace(terms, records_days=max(terms.records_days, terms.least))
    days = min(terms.content_days, given.records_days)
    return Terms(content_days=days, records_days=given.records_days)


def fixed() -> Collection[str]:
    """Return the names of those that the environment says."""
    given = config.current()
    return [name for name in asdict(Terms()) if getattr(given, name) is not None]


def choose(session: Session, wanted: Terms, by: str) -> None:
    """Keep so from the next round on; raise NotAllowed for what may not be so."""
    db.alone(session)
    before = in_force(session)
    if any(getattr(wanted, name) != getattr(before, name) for name in fixed()):
        raise NotAllowed(FIXED)
    if wanted.records_days < wanted.least:
        raise NotAllowed(TOO_FEW.format(least=wanted.least))
    if wanted != before:
        session.merge(RetentionRow(id=1, **asdict(wanted)))
        audit.note(session, by, "changed retention", _told(wanted))


def _chosen(session: Session) -> Terms:
    row = session.get(RetentionRow, 1)
    if row is None:
        return Terms()
    return Terms(content_days=row.content_days, records_days=row.records_days)


def _told(terms: Terms) -> str:
    return f"content {terms.content_days} days, mail log {terms.records_days} days"
