"""Channels: where alerts go; their addresses are secrets, and sealed.

Whoever knows the address of a Slack or Teams webhook can write there. So nobody is
shown more of it than its host and its last letters.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock, config, db, vault
from portal.errors import NotAllowed, NotFound
from portal.explanations import network
from portal.net import address, fence
from portal.workspace import naming

LETTERS = 4  # of an address that are shown
ENVIRONMENT = UUID(int=1)  # the id of the one channel that the environment names
SETTING = "PORTAL_ALERT_WEBHOOK"  # its name
TAKEN = "There is a channel named {name} already."
NO_ADDRESS = "Please give the address of a webhook, which begins with https://."
NAMED = "The address of a webhook names no user."
NOT_HERE = "PORTAL_ALERT_WEBHOOK is not set for this process, but where a worker runs."
STAYS = "It is set by the environment: without PORTAL_ALERT_WEBHOOK it goes by itself."


class Way(StrEnum):
    """How a channel is told."""

    WEBHOOK = "webhook"  # our JSON, signed
    SLACK = "slack"
    TEAMS = "teams"
    MAIL = "mail"


class ChannelRow(db.Table):
    """One channel, and how it went last."""

    __tablename__ = "channel"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    way: Mapped[str]
    place: Mapped[str]  # what may be shown of where it leads
    sealed_address: Mapped[bytes]  # b"": the environment says it
    sealed_secret: Mapped[bytes]  # what it signs with; b"": it does not
    account_id: Mapped[UUID | None]  # by mail: who sends it
    added_at: Mapped[datetime]  # by the environment: when it was last named there
    added_by: Mapped[str]
    delivered_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]  # None: the last alert was taken
    failure: Mapped[str]
    given_up_at: Mapped[datetime | None]  # an alert, for good


@dataclass(frozen=True, kw_only=True)
class Channel:
    """What can be told of one."""

    id: UUID
    name: str
    way: Way
    place: str
    account_id: UUID | None
    added_at: datetime
    added_by: str
    delivered_at: datetime | None
    failed_at: datetime | None
    failure: str
    given_up_at: datetime | None

    @property
    def stays(self) -> bool:
        """Tell whether the environment names it, so that nobody else removes it."""
        return self.id == ENVIRONMENT


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A channel that is to be; `target` is an address of the web, or of a mailbox."""

    name: str
    way: Way
    target: str = field(repr=False)
    account_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a channel leads, for the one request that goes there."""

    address: str = field(repr=False)
    secret: bytes = field(repr=False, default=b"")


def add(session: Session, wish: Wish, by: str) -> tuple[Channel, str]:
    """Add a channel; return it with the secret that it signs with, if it does.

    Nothing shows that again. Raises NotAllowed.
    """
    db.alone(session)  # or two at once could take the same name
    _check_name(session, wish.name)
    identity, secret = db.new_id(), vault.new_data_key().hex()
    signs = wish.way == Way.WEBHOOK
    row = ChannelRow(
        id=identity,
        name=wish.name,
        way=wish.way,
        place=place(wish),
        sealed_address=vault.seal(wish.target.encode(), about(identity)),
        sealed_secret=vault.seal(secret.encode(), about_secret(identity))
        if signs
        else b"",
        account_id=wish.account_id,
        added_at=clock.now(),
        added_by=by,
        failure="",
    )
    session.add(row)
    session.flush()
    return _told(row), secret if signs else ""


def every(session: Session) -> list[Channel]:
    """Return all, the oldest first."""
    rows = session.scalars(select(ChannelRow).order_by(ChannelRow.id))
    return [_told(row) for row in rows]


def ids(session: Session) -> list[UUID]:
    """Return the ids of all, the oldest first."""
    return [*session.scalars(select(ChannelRow.id).order_by(ChannelRow.id))]


def find(session: Session, channel_id: UUID) -> Channel:
    """Return a channel; raise NotFound."""
    row = session.get(ChannelRow, channel_id)
    if row is None:
        raise NotFound("There is no such channel.")
    return _told(row)


def named(session: Session, name: str) -> Channel:
    """Return the channel of that name; raise NotFound."""
    row = session.scalars(select(ChannelRow).where(ChannelRow.name == name)).first()
    if row is None:
        raise NotFound(f"There is no channel named {name}.")
    return _told(row)


def target(session: Session, channel_id: UUID) -> Target:
    """Return where a channel leads; raise NotFound, or CannotDecrypt."""
    if channel_id == ENVIRONMENT:
        return _set()
    row = session.get(ChannelRow, channel_id)
    if row is None:
        raise NotFound("There is no such channel.")
    plain = vault.unseal(row.sealed_address, about(channel_id)).decode()
    sealed = row.sealed_secret
    secret = vault.unseal(sealed, about_secret(channel_id)) if sealed else b""
    return Target(address=plain, secret=secret)


def remove(session: Session, channel_id: UUID) -> None:
    """Remove a channel, and what it has not been told yet; raise NotAllowed."""
    if channel_id == ENVIRONMENT:
        raise NotAllowed(STAYS)
    row = session.get(ChannelRow, channel_id)
    if row is not None:
        session.delete(row)


def note(
    session: Session, channel_id: UUID, failure: str, *, given_up: bool = False
) -> None:
    """Note how it went; `failure` is a sentence, or empty if it went well."""
    row, now = session.get(ChannelRow, channel_id), clock.now()
    if row is None:
        return
    row.failure = failure
    if failure:
        row.failed_at = now
        row.given_up_at = now if given_up else row.given_up_at
    else:
        row.delivered_at, row.failed_at = now, None


def place(wish: Wish) -> str:
    """Return what may be shown of where it leads; raise NotAllowed if it may not."""
    if wish.way == Way.MAIL:
        return wish.target
    fault = fault_of(wish.target)
    if fault:
        raise NotAllowed(fault)
    return shown(wish.target)


def shown(url: str) -> str:
    """Return the host of an address, and its last letters."""
    return f"{address.read(url).host} …{url[-LETTERS:]}"


def fault_of(url: str) -> str:
    """Tell why alerts cannot go to an address; "" if nothing speaks against it."""
    try:
        found = address.read(url)
    except ValueError:
        return NO_ADDRESS
    if found.named:
        return NAMED
    here = found.scheme == "http" and config.is_loopback(found.host)
    if not (found.host and url.isprintable() and (found.scheme == "https" or here)):
        return NO_ADDRESS
    shut = fence.shut_to(found.host)
    return network.PRIVATE.filled(host=found.host).sentence if shut else ""


def about(channel_id: UUID) -> str:
    return f"channel {channel_id}"


def about_secret(channel_id: UUID) -> str:
    return f"secret of channel {channel_id}"


def _set() -> Target:
    url = config.current().alert_webhook
    if not url:
        raise NotFound(NOT_HERE)
    return Target(address=url)


def _check_name(session: Session, name: str) -> None:
    naming.check(name)
    same = select(ChannelRow).where(ChannelRow.name == name)
    if name == SETTING or session.scalars(same).first():
        raise NotAllowed(TAKEN.format(name=name))


def _told(row: ChannelRow) -> Channel:
    return Channel(
        id=row.id,
        name=row.name,
        way=Way(row.way),
        place=row.place,
        account_id=row.account_id,
        added_at=row.added_at,
        added_by=row.added_by,
        delivered_at=row.delivered_at,
        failed_at=row.failed_at,
        failure=row.failure,
        given_up_at=row.given_up_at,
    )
