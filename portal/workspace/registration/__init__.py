"""The organization's application in Microsoft Entra: tenant, client, credentials.

The environment wins over what was registered; both are given as a whole.
"""

from dataclasses import replace as changed
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import config, db
from portal.errors import NotAllowed, NotConnected
from portal.explanations.own.consent import NOT_REGISTERED
from portal.issuer.refusals import CredentialRefused
from portal.mail import journal, lanes
from portal.mail.journal import Event, Line
from portal.microsoft import aadsts, issuer, login
from portal.microsoft.login import Registration, directory
from portal.workspace import accounts, connections
from portal.workspace.accounts import Account
from portal.workspace.accounts.servers import Provider
from portal.workspace.registration import credentials
from portal.workspace.registration.credentials import Credential

ONLY = 1
ANOTHER = "Another application is registered already; --force replaces it."
REPLACED = (
    "The registered application was replaced, and this account was connected with the"
    " one before. Please connect it again."
)


class RegistrationRow(db.Table):
    """One row: the registered application; its credentials are rows of their own."""

    __tablename__ = "registration"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tenant_id: Mapped[str]
    client_id: Mapped[str]
    admin: Mapped[str | None]  # address of the first workspace admin


def from_environment() -> bool:
    """Tell whether the environment names the application, so that nothing else can."""
    return bool(config.current().client_id)


@db.once
def current(session: Session) -> Registration | None:
    """Return the application in force; None if there is none yet."""
    if from_environment():
        chosen = config.current()
        found = [credentials.of_environment()]
        return _proven_by(chosen.tenant_id, chosen.client_id, found)
    tenant, client_id = named(session)
    if not client_id:
        return None
    return _proven_by(tenant, client_id, credentials.in_order(session))


def proofs(session: Session) -> list[Credential]:
    """Return the credential in use, and the former one if it serves too."""
    if from_environment():
        return [credentials.of_environment()]
    return credentials.living(session)


def known(session: Session) -> Registration:
    """Return the application in force; raise NotConnected if there is none yet."""
    chosen = current(session)
    if chosen is None:
        raise NOT_REGISTERED.as_a(NotConnected)
    return chosen


@db.once
def named(session: Session) -> tuple[str, str]:
    """Return tenant and client id of the application in force; "" without one."""
    settings = config.current()
    if from_environment():
        return _id(settings.tenant_id), _id(settings.client_id)
    row = session.get(RegistrationRow, ONLY)
    return (row.tenant_id, row.client_id) if row else ("", "")


def origin(session: Session) -> str:
    """Return the origin of the application in force; "" without one."""
    tenant, client_id = named(session)
    if not client_id:
        return ""
    known = {"tenant": tenant, "client_id": client_id}
    return application(**known, secret=None, certificate=None).origin


def sought() -> tuple[ColumnElement[str], ColumnElement[str]]:
    """Return what `named` does, for a query that compares rows with it."""
    if from_environment():
        settings = config.current()
        return literal(_id(settings.tenant_id)), literal(_id(settings.client_id))
    tenant = select(RegistrationRow.tenant_id).scalar_subquery()
    client_id = select(RegistrationRow.client_id).scalar_subquery()
    return func.coalesce(tenant, ""), func.coalesce(client_id, "")


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
    found = directory.discover(chosen.login_url, chosen.tenant)
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
    session: Session,
    chosen: Registration,
    *,
    admin: str | None,
    replace: bool,
    ends_at: datetime | None = None,
) -> list[Account]:
    """Keep an application; raise NotAllowed if another is not to be replaced.

    Returns the accounts that were connected with another one, and are no more: a token
    never travels to another address or application. A new credential of the same one
    ends nothing, and the former serves a while beside it; `ends_at` is when the secret
    ends, if somebody knows.
    """
    check_open()
    db.alone(session)  # or two at once could both be the first
    known = accounts.every(session)
    row = session.get(RegistrationRow, ONLY)
    if row is None:
        row = RegistrationRow(id=ONLY)
        session.add(row)
    elif (row.tenant_id, row.client_id) != (chosen.tenant, chosen.client_id):
        if not replace:
            raise NotAllowed(ANOTHER)
        credentials.forget(session)
    row.tenant_id, row.client_id = chosen.tenant, chosen.client_id
    row.admin = admin or row.admin
    credentials.keep(session, chosen, ends_at)
    ours = [each for each in known if each.provider == Provider.MICROSOFT]
    ended = [account for account in ours if _stranded(session, account, chosen)]
    for account in ended:
        _disconnect(session, account.id)
    for account in known:
        if account.by_application:
            lanes.probe(session, account.id)  # what held it may be over
    return ended


def _proven_by(tenant: str, client_id: str, found: list[Credential]) -> Registration:
    """Give an application the first of its credentials, and the other one beside it."""
    first, *rest = found
    chosen = application(
        tenant=tenant,
        client_id=client_id,
        secret=first.secret,
        certificate=first.certificate,
    )
    if first.since is None:
        return chosen
    other = _proven_by(tenant, client_id, rest) if rest else None
    return changed(chosen, other=other, on_refusal=partial(_note_refusal, first))


def _note_refusal(refused: Credential, error: CredentialRefused) -> None:
    with db.session() as session:
        expired = error.number in aadsts.EXPIRED
        credentials.refuse(session, refused, expired=expired)


def _stranded(session: Session, account: Account, chosen: Registration) -> bool:
    connection = connections.in_use(session, account.id)
    made = issuer.of(chosen)
    return connection is not None and not connections.belongs(connection, made)


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
