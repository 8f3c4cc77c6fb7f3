"""The organization's application in Microsoft Entra: tenant, client, credential.

The environment wins over what was registered; both are given as a whole.
"""

from dataclasses import replace as changed
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock, config, db, vault
from portal.errors import NotAllowed
from portal.mail import journal, lanes
from portal.mail.journal import Event, Line
from portal.microsoft import identity, login
from portal.microsoft.login import Registration
from portal.workspace import accounts, connections
from portal.workspace.accounts import Account

ONLY = 1
SECRET, CERTIFICATE = "client secret", "client certificate"  # what is sealed
REPLACED = (
    "The registered application was replaced, and this account was connected with the"
    " one before. Please connect it again."
)


class RegistrationRow(db.Table):
    """One row: the registered application, its credential sealed."""

    __tablename__ = "registration"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tenant_id: Mapped[str]
    client_id: Mapped[str]
    sealed_secret: Mapped[bytes | None]
    sealed_certificate: Mapped[bytes | None]  # PEM with its key
    admin: Mapped[str | None]  # address of the first workspace admin
    registered_at: Mapped[datetime]


def from_environment() -> bool:
    """Tell whether the environment names the application, so that nothing else can."""
    return bool(config.current().client_id)


def current(session: Session) -> Registration | None:
    """Return the application in force; None if there is none yet."""
    settings = config.current()
    if from_environment():
        return application(
            tenant=settings.tenant_id,
            client_id=settings.client_id,
            secret=settings.client_secret or None,
            certificate=settings.client_certificate or None,
        )
    row = session.get(RegistrationRow, ONLY)
    if row is None:
        return None
    return application(
        tenant=row.tenant_id,
        client_id=row.client_id,
        secret=_unseal(row.sealed_secret, SECRET),
        certificate=_unseal(row.sealed_certificate, CERTIFICATE),
    )


def application(
    *, tenant: str, client_id: str, secret: str | None, certificate: str | None
) -> Registration:
    """Join what an application is with where this portal signs people in.

    Takes IDs and secret as they were pasted, with space around them.
    """
    settings = config.current()
    return Registration(
        tenant=_id(tenant),
        client_id=_id(client_id),
        secret=secret.strip() if secret else None,
        certificate=certificate,
        certificate_algorithm=settings.certificate_algorithm,
        login_url=settings.login_url,
        scope_prefix=settings.scope_prefix,
        redirect_uri=settings.redirect_uri,
        submission_prefixes=settings.submission_prefixes,
    )


def check_secret(secret: str) -> None:
    """Raise NotAllowed for what stands beside the secret in Entra's table."""
    if is_guid(secret.strip()):
        raise NotAllowed(
            "That looks like the Secret ID. We need the Value, from the column beside"
            " it."
        )


def locate(chosen: Registration) -> Registration:
    """Find the tenant's GUID, which a domain only stands for; raise IssuerError."""
    if is_guid(chosen.tenant):
        return chosen
    found = identity.discover(chosen.login_url, chosen.tenant)
    return changed(chosen, tenant=found.id)


def prove(chosen: Registration) -> Registration:
    """Locate an application and get a token with its credential; keep nothing.

    Raises IssuerError; Unreachable if it could be neither proven nor refused.
    """
    located = locate(chosen)
    login.app_token(located)
    return located


def first_admin(session: Session) -> str | None:
    """Return the address that was named when the application was registered."""
    row = session.get(RegistrationRow, ONLY)
    return row.admin if row else None


def check_open() -> None:
    """Raise NotAllowed if no application can be registered here."""
    if from_environment():
        raise NotAllowed("The environment names the application (PORTAL_CLIENT_ID).")


def register(
    session: Session, chosen: Registration, *, admin: str | None, replace: bool
) -> list[Account]:
    """Keep an application; raise NotAllowed if one is kept and not to be replaced.

    Returns the accounts that were connected with another one, and are no more: a token
    never travels to another address or application. A new credential ends nothing.
    """
    check_open()
    # In the order in which a consent is applied, or each could wait for the other.
    known = [accounts.lock(session, each.id) for each in accounts.every(session)]
    db.alone(session)  # or two at once could both be the first
    row = session.get(RegistrationRow, ONLY)
    if row is not None and not replace:
        raise NotAllowed("An application is registered already; --force replaces it.")
    if row is None:
        row = RegistrationRow(id=ONLY)
        session.add(row)
    row.tenant_id, row.client_id = chosen.tenant, chosen.client_id
    row.sealed_secret = _seal(chosen.secret, SECRET)
    row.sealed_certificate = _seal(chosen.certificate, CERTIFICATE)
    row.admin = admin or row.admin
    row.registered_at = clock.now()
    ended = [account for account in known if _stranded(session, account, chosen)]
    for account in ended:
        _disconnect(session, account.id)
    for account in known:
        if account.by_application:
            lanes.probe(session, account.id)  # what held it may be over
    return ended


def _stranded(session: Session, account: Account, chosen: Registration) -> bool:
    connection = connections.in_use(session, account.id)
    return connection is not None and not connections.belongs(connection, chosen)


def _disconnect(session: Session, account_id: UUID) -> None:
    connections.retire(session, account_id)
    lanes.close(session, account_id, REPLACED)
    line = Line(event=Event.ACCOUNT_HELD, account_id=account_id, reason=REPLACED)
    journal.write(session, line)


def _id(text: str) -> str:
    """Spell an ID as Microsoft's answers do: a GUID in lower case."""
    text = text.strip()
    return text.lower() if is_guid(text) else text


def is_guid(text: str) -> bool:
    """Tell whether a text is a GUID as Microsoft writes them."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _seal(plain: str | None, label: str) -> bytes | None:
    return vault.seal(plain.encode(), label) if plain else None


def _unseal(sealed: bytes | None, label: str) -> str | None:
    return vault.unseal(sealed, label).decode() if sealed else None
