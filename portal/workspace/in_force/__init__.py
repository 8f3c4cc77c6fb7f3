"""What is in force: the settings that an account sends by, for the mail log.

Nothing of this is a secret: a proxy is named without its credential, and of an
application only who it is.
"""

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.orm import Session

from portal import config
from portal.mail.journal import snapshots
from portal.net.address import PORTS
from portal.workspace import accounts, connections, registration, senders
from portal.workspace.accounts import Account, Server, connectors, servers
from portal.workspace.accounts.account import Way
from portal.workspace.accounts.servers import Provider
from portal.workspace.connections import Connection

BASIC, OAUTH = "basic", "oauth"
MOMENT = "%Y-%m-%d %H:%M:%S UTC"
# What only says who signed in is no permission.
WITH_MAIL = ("mail.", "smtp.")


@dataclass(frozen=True, kw_only=True)
class Around:
    """What else an account sends by."""

    server: Server | None
    place: str  # the proxy by which that is reached
    application: tuple[str, str]  # its tenant and client id


def take(session: Session, account_id: UUID) -> str:
    """Keep what is in force for an account now; return the name of the snapshot."""
    account = accounts.by_id(session, account_id)
    connection = connections.find(session, account_id)
    return snapshots.keep(session, settings(session, account, connection))


def settings(
    session: Session, account: Account, connection: Connection | None
) -> dict[str, str]:
    """Return each setting by its name; those that are not set are left out."""
    server = servers.shown(session, account.id) if account.by_smtp else None
    around = Around(
        server=server,
        place=connectors.place(session, server) if server else "",
        application=registration.named(session),
    )
    return _told(account, connection, around)


def every(
    session: Session, account_ids: Collection[UUID]
) -> dict[UUID, tuple[Account, dict[str, str]]]:
    """Return the same of many accounts, beside each."""
    made, known = connections.every(session), servers.every(session)
    proxies, application = connectors.every(session), registration.named(session)
    found = {}
    for account in accounts.several(session, account_ids):
        server = known.get(account.id)
        around = Around(
            server=server,
            place=connectors.said_by(proxies, server) if server else "",
            application=application,
        )
        connection = made.get(account.id)
        found[account.id] = account, _told(account, connection, around)
    return found


def _told(
    account: Account, connection: Connection | None, around: Around
) -> dict[str, str]:
    reached = _server(around) if account.by_smtp else _graph()
    found = reached | _signed_in(account, around)
    if connection:
        found |= _consent(connection)
    own = senders.told(account.senders) or account.sender or ""
    found |= {"transport": account.transport, "sender": own}
    return {name: value for name, value in found.items() if value}


def _graph() -> dict[str, str]:
    chosen = config.current()
    at = urlsplit(chosen.graph_url)
    return {
        "host": at.hostname or "",
        "port": str(at.port or PORTS[at.scheme]),
        "proxy": connectors.place_of(chosen.proxy),
    }


def _server(around: Around) -> dict[str, str]:
    server = around.server
    if server is None:
        return {}
    return {
        "host": server.host,
        "port": str(server.port),
        "username": server.username,
        "encryption": server.security,
        "certificate": "ignored" if server.ignore_certificate else "",
        "proxy": around.place,
    }


def _signed_in(account: Account, around: Around) -> dict[str, str]:
    if account.way in (Way.SMTP, Way.SMTP_PASSWORD):
        return {"authentication": BASIC}
    settings, at_google = config.current(), account.provider == Provider.GOOGLE
    uri = settings.google_redirect_uri if at_google else settings.redirect_uri
    known = {"authentication": OAUTH, "redirect_uri": uri}
    if account.by_consent:
        return known | {"permission": accounts.Permission.DELEGATED}
    tenant, client_id = around.application
    known |= {"permission": accounts.Permission.APPLICATION}
    return known | {"tenant": tenant, "client_id": client_id}


def _consent(connection: Connection) -> dict[str, str]:
    granted = [
        scope
        for scope in sorted(connection.scopes)
        if scope.rstrip("/").rpartition("/")[2].lower().startswith(WITH_MAIL)
    ]
    return {
        "connected_as": connection.called,
        "connected_at": f"{connection.connected_at:{MOMENT}}",
        "scopes": " ".join(granted),
        "tenant": connection.tid,
        "client_id": connection.client_id,
    }
