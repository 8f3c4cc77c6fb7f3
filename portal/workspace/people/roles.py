"""Workspace admins: named by address, known from then on by who came with it.

An address can be given to somebody else, and Microsoft lets people change theirs. So it
is matched once, and bound to whom it named then; that person stays an admin, renamed or
not, for as long as the address is listed.
"""

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import config, db
from portal.issuer.identity import Identity
from portal.mail.message.address import folded
from portal.workspace import audit, registration

ROLE = "Portal.Admin"  # of the application in Entra: whoever has it is an admin too


class AdminRow(db.Table):
    """An address, and the account that first came with it."""

    __tablename__ = "admin"

    tid: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(primary_key=True)
    oid: Mapped[str]


def admins(session: Session) -> tuple[str, ...]:
    """Return the addresses of those who may sign in, in lower case."""
    first = registration.first_admin(session)
    named = (*config.current().admins, *([first] if first else []))
    return tuple(dict.fromkeys(map(folded, named)))


def admits(session: Session, who: Identity, has_role: bool) -> bool:
    """Tell whether somebody who just signed in is an admin.

    Binds a listed address to whoever is the first to come with it.
    """
    _bind(session, who)
    return has_role or holds(session, who.tid, who.oid)


def holds(session: Session, tid: str, oid: str) -> bool:
    """Tell whether an address that is still listed is bound to this account."""
    bound = select(AdminRow.address).where(
        AdminRow.tid == tid,
        AdminRow.oid == oid,
        AdminRow.address.in_(admins(session)),
    )
    return session.scalars(bound).first() is not None


def taken(session: Session, who: Identity) -> bool:
    """Tell whether somebody comes with an address that is bound to another."""
    oid = _holder(session, who.tid, folded(who.username))
    return oid not in (None, who.oid)


def _bind(session: Session, who: Identity) -> None:
    address = folded(who.username)
    if address not in admins(session) or _holder(session, who.tid, address):
        return
    db.alone(session)  # or two at once could both be the first
    if _holder(session, who.tid, address) is None:
        session.add(AdminRow(tid=who.tid, address=address, oid=who.oid))
        audit.note(session, who.username, "became admin", address)
        session.flush()


def _holder(session: Session, tid: str, address: str) -> str | None:
    return session.scalars(
        select(AdminRow.oid).where(AdminRow.tid == tid, AdminRow.address == address)
    ).first()
