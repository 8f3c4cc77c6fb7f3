"""Which accounts there are: the first one, those added, the default, those removed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal import clock, config, db
from portal.errors import NotAllowed
from portal.mail import lanes
from portal.mail.outbox import MessageRow
from portal.workspace import naming, senders
from portal.workspace.accounts import servers
from portal.workspace.accounts.account import (
    GRAPH,
    SMTP,
    Account,
    AccountRow,
    Permission,
    locked,
    told,
)
from portal.workspace.accounts.servers import Server

DEFAULT_NAME = "default"
NEEDED = (
    "{name} is the default account. Please choose another one first:"
    " portal accounts default NAME"
)
WAITING = (
    "{count} messages of {name} are not settled yet. Please let them go, or cancel them"
    " (portal messages list), and remove the account then; portal accounts disable"
    " keeps new ones away meanwhile."
)
ADDRESS = "An SMTP account needs an address to send as, not a domain."
CONNECTED = (
    "{name} is the account of Tenant Settings, so it stays. Please reset it there, or"
    " switch it off."
)


def make_first(session: Session) -> None:
    """Make the default account of a new database."""
    if session.scalars(select(AccountRow.id).limit(1)).first() is None:
        session.add(
            AccountRow(
                id=db.new_id(),
                name=DEFAULT_NAME,
                transport=GRAPH,
                sender=None,
                is_default=True,
                enabled=True,
                large_attachments=False,
                version=1,
                changed_by="",
                created_at=clock.now(),
            )
        )


@db.once
def workspace(session: Session) -> Account:
    """Return the account of Tenant Settings: of a user, through Graph, and the oldest.

    It is the default one until another is chosen; nobody can remove it.
    """
    query = select(AccountRow).where(
        AccountRow.transport == GRAPH, AccountRow.permission == Permission.DELEGATED
    )
    return told(session.scalars(query.order_by(AccountRow.id).limit(1)).one())


def add_delegated(session: Session, name: str, *, by: str) -> Account:
    """Add an account that sends through Graph with the sign-in of a user.

    Its mail waits until somebody has connected it, who decides what it sends as.
    Raises NotAllowed if the name is taken, or none.
    """
    return _add(session, name, [], by, transport=GRAPH)


def add(
    session: Session, name: str, given: Sequence[str], *, large: bool, by: str
) -> Account:
    """Add an account that sends by application permission, as each that is given.

    The first address is what it sends as when a message names no From. Raises
    NotAllowed if the name is taken, or none.
    """
    more = {"large_attachments": large, "permission": Permission.APPLICATION}
    account = _add(session, name, given, by, transport=GRAPH, **more)
    in_flight = config.current().requests_in_flight
    lanes.route(session, account.id, account.lane_key, in_flight)
    return account


def add_smtp(
    session: Session, name: str, given: Sequence[str], server: Server, *, by: str
) -> Account:
    """Add an account that sends by an SMTP server; the rest is as `add` says.

    It needs an address among what it sends as.
    """
    if senders.first(given) is None:
        raise NotAllowed(ADDRESS)
    account = _add(session, name, given, by, transport=SMTP)
    move(session, account.id, server)
    # As it is now: by its server it is known how it signs in.
    return told(session.get_one(AccountRow, account.id))


def move(session: Session, account_id: UUID, server: Server) -> None:
    """Let an account send by this server from now on; raise NotAllowed.

    What it is held for stays, and one that is switched off waits for its switch.
    """
    servers.keep(session, account_id, server)
    row = session.get_one(AccountRow, account_id)
    session.expire(row, [AccountRow.authentication.key, AccountRow.provider.key])
    if row.enabled:
        lanes.route(session, account_id, server.lane_key, server.at_once, server.tariff)


def make_default(session: Session, account: Account) -> None:
    """Let messages that name no account go by this one; raise NotAllowed."""
    db.alone(session)  # there is exactly one, at any time
    row = session.get_one(
        AccountRow, account.id, with_for_update=True, populate_existing=True
    )
    if not row.enabled or row.removed_at:
        raise NotAllowed(f"The account {account.name} is switched off.")
    chosen = AccountRow.id == account.id
    session.execute(update(AccountRow).values(is_default=chosen))


def rename(session: Session, account: Account, name: str) -> None:
    """Call an account by another name; raise NotAllowed if that is taken, or none."""
    if name != account.name:
        row = locked(session, account.id)
        _check_name(session, name)
        row.name = name


def readdress(
    session: Session, account: Account, given: Sequence[str], by: str
) -> Account:
    """Let an account that nobody connects send as these from now on.

    The first address is what it sends as when a message names no From. Raises
    NotAllowed for an SMTP account without one.
    """
    if account.by_smtp and senders.first(given) is None:
        raise NotAllowed(ADDRESS)
    row = locked(session, account.id)
    row.sender, row.senders = senders.first(given), list(given)
    row.version += 1
    row.changed_at, row.changed_by = clock.now(), by
    changed = told(row)
    if account.by_application and account.enabled:
        in_flight = config.current().requests_in_flight
        lanes.route(session, account.id, changed.lane_key, in_flight)
    return changed


def spare(session: Session, account: Account) -> None:
    """Raise NotAllowed for the default account, which nobody else becomes now."""
    db.alone(session)
    row = session.get_one(
        AccountRow, account.id, with_for_update=True, populate_existing=True
    )
    if row.is_default:
        raise NotAllowed(NEEDED.format(name=account.name))


def remove(session: Session, account: Account, by: str) -> None:
    """Remove an account, and free its name; raise NotAllowed while it is needed."""
    spare(session, account)
    if account.id == workspace(session).id:
        raise NotAllowed(CONNECTED.format(name=account.name))
    # Whoever lets mail of others leave by it comes before or after.
    row = locked(session, account.id)
    lanes.close(session, account.id)
    if waiting := _unsettled(session, account.id):
        raise NotAllowed(WAITING.format(count=waiting, name=account.name))
    servers.forget(session, account.id)
    row.name, row.enabled = f"{account.name} (removed {account.id})", False
    row.removed_at = row.changed_at = clock.now()
    row.changed_by = by
    fallen = AccountRow.fallback_id == account.id
    session.execute(update(AccountRow).where(fallen).values(fallback_id=None))


def make_trial(session: Session, account_id: UUID) -> None:
    """Let nobody but its own message know of an account; it goes by itself."""
    locked(session, account_id).trial = True


def end_trial(session: Session, account_id: UUID) -> None:
    """Remove a trial, with its password; leave all others.

    Before its message is settled: whoever needs both locks the account first.
    """
    row = session.get_one(AccountRow, account_id)
    if row.trial and row.removed_at is None:
        session.refresh(row, with_for_update=True)
        _end(session, row)


def sweep(session: Session, before: datetime) -> None:
    """Remove trials that began before then, and what they needed."""
    begun = (AccountRow.trial, AccountRow.created_at < before)
    over = select(AccountRow).where(*begun, AccountRow.removed_at.is_(None))
    for row in session.scalars(over.order_by(AccountRow.id).with_for_update()):
        _end(session, row)


def _end(session: Session, row: AccountRow) -> None:
    lanes.close(session, row.id)
    servers.forget(session, row.id)
    row.removed_at = clock.now()


def _add(
    session: Session, name: str, given: Sequence[str], by: str, **more: Any
) -> Account:
    db.alone(session)  # or two at once could take the same name
    _check_name(session, name)
    row = AccountRow(
        id=db.new_id(),
        name=name,
        sender=senders.first(given),
        senders=list(given),
        is_default=False,
        enabled=True,
        version=1,
        changed_at=clock.now(),
        changed_by=by,
        created_at=clock.now(),
        **{"large_attachments": False, **more},
    )
    session.add(row)
    session.flush()
    return told(row)


def _check_name(session: Session, name: str) -> None:
    naming.check(name)
    if session.scalars(select(AccountRow.id).where(AccountRow.name == name)).first():
        raise NotAllowed(f"There is an account named {name} already.")


def _unsettled(session: Session, account_id: UUID) -> int:
    here = (MessageRow.account_id == account_id, MessageRow.finished_at.is_(None))
    return session.scalar(select(func.count()).where(*here)) or 0
