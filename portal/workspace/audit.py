"""Who changed what: one line for each change that a person or an operator made."""

from datetime import datetime

from sqlalchemy import BigInteger, Integer
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


def note(session: Session, actor: str, action: str, subject: str) -> None:
    """Write down who did what to which thing."""
    session.add(AuditRow(at=clock.now(), actor=actor, action=action, subject=subject))
