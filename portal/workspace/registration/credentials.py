"""Credentials: what proves the application to Microsoft. Two may live at once.

While one is renewed the former one serves too, for Microsoft needs minutes until it
knows a new one everywhere. Whichever was refused lately is asked with second.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from datetime import date as Day  # noqa: N812 - here it is a verb
from enum import IntEnum, StrEnum

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock, config, db, vault
from portal.errors import NotFound
from portal.microsoft.login import Registration
from portal.net import certificate

RESTS = timedelta(hours=1)  # after it was refused, while there is another one
OVERLAP = timedelta(days=7)  # for which the former one serves beside a new one
UNDATED = "No client secret is registered; a certificate tells its end by itself."
NO_FORMER = "There is no former credential; the one in use stays."


class Kind(StrEnum):
    """What a credential is; it is sealed under this name."""

    SECRET = "client secret"  # noqa: S105 - its name
    CERTIFICATE = "client certificate"


class Slot(IntEnum):
    """Which of the two it is; the number of its row."""

    IN_USE = 1
    FORMER = 2


class CredentialRow(db.Table):
    """One credential, sealed."""

    __tablename__ = "credential"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    sealed: Mapped[bytes]  # a certificate is PEM with its key
    ends_at: Mapped[datetime | None]  # as somebody said, or Microsoft
    since: Mapped[datetime]
    until: Mapped[datetime | None]  # it serves so long; None: it is in use
    refused_at: Mapped[datetime | None]  # by Microsoft, the last time


@dataclass(frozen=True, kw_only=True)
class Credential:
    """What can be told of a credential, and what it is."""

    slot: Slot = Slot.IN_USE
    kind: Kind
    plain: str = field(repr=False)
    said: datetime | None  # when it ends
    since: datetime | None = None  # None: of the environment
    until: datetime | None = None
    refused_at: datetime | None = None

    @property
    def ends_at(self) -> datetime | None:
        """Return when it ends; None if nobody knows."""
        read = self.kind == Kind.CERTIFICATE and certificate.ends_at(self.plain)
        return read or self.said

    @property
    def secret(self) -> str | None:
        return self.plain if self.kind == Kind.SECRET else None

    @property
    def certificate(self) -> str | None:
        return self.plain if self.kind == Kind.CERTIFICATE else None

    @property
    def resting(self) -> bool:
        """Tell whether it was refused lately."""
        return self.refused_at is not None and clock.now() - self.refused_at < RESTS


def start_of(day: Day) -> datetime:
    """Return when something ends of which a day is known: it may be its first hour."""
    return datetime.combine(day, time(), UTC)


def of_environment() -> Credential:
    """Return what the environment proves its application with."""
    settings = config.current()
    ends = settings.client_secret_expires
    certified = settings.client_certificate
    return Credential(
        kind=Kind.CERTIFICATE if certified else Kind.SECRET,
        plain=certified or settings.client_secret,
        said=start_of(ends) if ends else None,
    )


@db.once
def living(session: Session) -> list[Credential]:
    """Return what is kept: the one in use, and a former one if it still serves."""
    serves = or_(CredentialRow.until.is_(None), CredentialRow.until > clock.now())
    rows = session.scalars(
        select(CredentialRow).where(serves).order_by(CredentialRow.id)
    )
    return [_told(row) for row in rows]


def in_order(session: Session) -> list[Credential]:
    """Return the same, in the order in which Microsoft is asked with them."""
    return sorted(living(session), key=lambda each: (each.resting, each.slot))


def keep(session: Session, chosen: Registration, ends_at: datetime | None) -> None:
    """Use an application's credential from now on; the former one serves a while.

    The same one again only brings news of its end, if there is any.
    """
    kind = Kind.CERTIFICATE if chosen.certificate else Kind.SECRET
    plain = chosen.certificate or chosen.secret or ""
    used = session.get(CredentialRow, Slot.IN_USE)
    if used and (used.kind, _unseal(used)) == (kind, plain):
        used.ends_at = ends_at or used.ends_at
        return
    if used:
        _set_aside(session, used)
    row = CredentialRow(id=Slot.IN_USE, kind=kind, since=clock.now(), until=None)
    row.sealed, row.ends_at = vault.seal(plain.encode(), kind), ends_at
    row.refused_at = None
    session.merge(row)


def date(session: Session, ends_at: datetime) -> None:
    """Write down when the secret in use ends; raise NotFound if none is in use."""
    dated = session.execute(
        update(CredentialRow)
        .where(CredentialRow.id == Slot.IN_USE, CredentialRow.kind == Kind.SECRET)
        .values(ends_at=ends_at)
        .returning(CredentialRow.id)
    )
    if dated.first() is None:
        raise NotFound(UNDATED)


def refuse(session: Session, refused: Credential, *, expired: bool) -> None:
    """Microsoft has refused it; that it has ended may be news."""
    row = session.get(CredentialRow, refused.slot, with_for_update=True)
    if row is None or row.since != refused.since:
        return  # another one has taken its place
    row.refused_at = now = clock.now()
    if expired:
        row.ends_at = min(row.ends_at or now, now)


def remove_former(session: Session) -> None:
    """Let the former one serve no longer; raise NotFound if there is none."""
    removed = session.execute(
        delete(CredentialRow)
        .where(CredentialRow.id == Slot.FORMER)
        .returning(CredentialRow.id)
    )
    if removed.first() is None:
        raise NotFound(NO_FORMER)


def forget(session: Session) -> None:
    """Erase them: another application is registered."""
    session.execute(delete(CredentialRow))


def sweep(session: Session, now: datetime) -> None:
    """Erase a former one whose time is over."""
    session.execute(delete(CredentialRow).where(CredentialRow.until <= now))


def _set_aside(session: Session, used: CredentialRow) -> None:
    former = CredentialRow(
        id=Slot.FORMER,
        kind=used.kind,
        sealed=used.sealed,
        ends_at=used.ends_at,
        since=used.since,
        until=clock.now() + OVERLAP,
        refused_at=used.refused_at,
    )
    session.merge(former)


def _told(row: CredentialRow) -> Credential:
    return Credential(
        slot=Slot(row.id),
        kind=Kind(row.kind),
        plain=_unseal(row),
        said=row.ends_at,
        since=row.since,
        until=row.until,
        refused_at=row.refused_at,
    )


def _unseal(row: CredentialRow) -> str:
    return vault.unseal(row.sealed, row.kind).decode()
