"""Network Connectors: HTTP proxies by name, which SMTP accounts may leave through.

One of them may be the default: it is meant where an account names none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import config, db, vault
from portal.errors import NotAllowed, NotFound
from portal.workspace import naming
from portal.workspace.accounts.servers import Server, ServerRow

DEFAULT = "default"  # means the one that is; so none may be called that
SCHEMES = ("http", "https")
UNREADABLE = "a proxy"  # whose address may hold anything
WRONG = "A connector is an address such as http://user:password@proxy.example.com:3128."


class ConnectorRow(db.Table):
    """One proxy; its address holds the credential, so it is sealed."""

    __tablename__ = "connector"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    place: Mapped[str]  # the address without its credential
    sealed_address: Mapped[bytes]
    is_default: Mapped[bool]


@dataclass(frozen=True, kw_only=True)
class Connector:
    """What can be told of one."""

    id: UUID
    name: str
    place: str
    is_default: bool


def add(session: Session, name: str, address: str) -> Connector:
    """Add a connector; the first one is the default. Raises NotAllowed."""
    db.alone(session)  # or two at once could take the same name
    naming.check(name)
    known = every(session)
    if name == DEFAULT or any(each.name == name for each in known):
        raise NotAllowed(f"There is a connector named {name} already.")
    identity, place = db.new_id(), _place(address)
    row = ConnectorRow(
        id=identity,
        name=name,
        place=place,
        sealed_address=vault.seal(address.encode(), about(identity)),
        is_default=not known,
    )
    session.add(row)
    return _told(row)


def every(session: Session) -> list[Connector]:
    """Return all, the oldest first."""
    rows = session.scalars(select(ConnectorRow).order_by(ConnectorRow.id))
    return [_told(row) for row in rows]


def find(session: Session, name: str) -> Connector:
    """Return the connector of that name; raise NotFound."""
    for each in every(session):
        if each.name == name:
            return each
    raise NotFound(f"There is no connector named {name}.")


def make_default(session: Session, connector: Connector) -> None:
    """Let accounts that name none leave through this one."""
    db.alone(session)  # there is one at most, at any time
    chosen = ConnectorRow.id == connector.id
    session.execute(update(ConnectorRow).values(is_default=chosen))


def remove(session: Session, connector: Connector) -> None:
    """Remove one; raise NotAllowed while an account names it."""
    db.alone(session)
    named = select(ServerRow.account_id).where(ServerRow.connector_id == connector.id)
    if session.scalars(named.limit(1)).first():
        raise NotAllowed(f"An account leaves through {connector.name}.")
    session.delete(session.get_one(ConnectorRow, connector.id))


def through(session: Session, server: Server) -> str:
    """Return the proxy by which a server is reached; "": straight.

    Without a connector that is what PORTAL_PROXY says. Raises CannotDecrypt.
    """
    row = _chosen(session, server)
    if row is None:
        return config.current().proxy
    return vault.unseal(row.sealed_address, about(row.id)).decode()


def place(session: Session, server: Server) -> str:
    """Return the same for people, with the connector's name and no credential."""
    return said_by(every(session) if server.use_connector else (), server)


def said_by(known: Sequence[Connector], server: Server) -> str:
    """Return the same, by connectors that were found before: they are all there are."""
    wanted = server.connector_id
    for each in known if server.use_connector else ():
        if each.id == wanted or (wanted is None and each.is_default):
            return f"{each.name} ({each.place})"
    return place_of(config.current().proxy)


def place_of(address: str) -> str:
    """Return the address of a proxy without its credential; "" for none."""
    try:
        return _place(address) if address else ""
    except NotAllowed:
        return UNREADABLE


def about(connector_id: UUID) -> str:
    return f"connector {connector_id}"


def _chosen(session: Session, server: Server) -> ConnectorRow | None:
    if not server.use_connector:
        return None
    wanted = (
        ConnectorRow.id == server.connector_id
        if server.connector_id
        else ConnectorRow.is_default
    )
    return session.scalars(select(ConnectorRow).where(wanted)).first()


def _place(address: str) -> str:
    """Return an address without its credential; raise NotAllowed."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise NotAllowed(WRONG) from None
    extra = parts.path.strip("/") or parts.query or parts.fragment
    if parts.scheme not in SCHEMES or not host or extra or not address.isprintable():
        raise NotAllowed(WRONG)
    named = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{named}" + (f":{port}" if port else "")


def _told(row: ConnectorRow) -> Connector:
    return Connector(
        id=row.id, name=row.name, place=row.place, is_default=row.is_default
    )
