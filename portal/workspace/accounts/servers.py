"""SMTP servers: how an account reaches its own, and with which sealed password."""

from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import ForeignKey, delete, false, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import config, db, vault
from portal.errors import NotAllowed, NotFound
from portal.mail import spelling
from portal.mail.lanes.budgets import Tariff

# Exchange Online refuses a fourth connection to a mailbox with 432 4.3.2.
AT_ONCE = {Tariff.SUBMISSION: 3, Tariff.FREE: 4}
# https://developers.google.com/workspace/gmail/imap/imap-smtp
GMAIL = ("smtp.gmail.com", "smtp.googlemail.com")
GMAIL_PORT = 587
LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-_:")  # : of an IPv6 address
LONGEST_NAME = 253  # characters of a host, RFC 1035 section 2.3.4
NOT_MICROSOFT = (
    "A token for Microsoft is for Exchange Online alone, such as smtp.office365.com,"
    " with its certificate checked: {host} would get it. Please check the host."
)
NOT_GOOGLE = (
    "A token for Google is for Gmail alone, smtp.gmail.com, with its certificate"
    " checked: {host} would get it. Please check the host."
)
UNPROTECTED = (
    "A password or token would travel in the clear to {host}. Please use starttls or"
    " tls; without either, only a server of this machine gets one."
)


class Security(StrEnum):
    """When a connection is encrypted."""

    NONE = "none"
    STARTTLS = "starttls"  # once both have said hello
    TLS = "tls"  # from the first byte on


class Provider(StrEnum):
    """Whose sign-in gives the token that a server is told."""

    MICROSOFT = "microsoft"  # as the application that is registered here
    GOOGLE = "google"  # as the OAuth client of the account itself

    @property
    def called(self) -> str:
        """Name what mail leaves by, as its administrators do."""
        return "Google Workspace" if self == Provider.GOOGLE else "Microsoft 365"


class Authentication(StrEnum):
    """How the server learns who sends."""

    NONE = "none"
    PASSWORD = "password"  # noqa: S105 - a way, no password
    OAUTH = "oauth"  # the application's own token, SASL XOAUTH2
    CONSENT = "consent"  # likewise, with the token of a user who signed in


TOKENS = (Authentication.OAUTH, Authentication.CONSENT)
PORTS = {Security.NONE: 25, Security.STARTTLS: 587, Security.TLS: 465}


class ServerRow(db.Table):
    """The server of one account."""

    __tablename__ = "smtp_server"

    account_id: Mapped[UUID] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    host: Mapped[str]
    port: Mapped[int]
    security: Mapped[str]
    authentication: Mapped[str]
    username: Mapped[str]
    sealed_password: Mapped[bytes | None]
    ignore_certificate: Mapped[bool]
    use_connector: Mapped[bool] = mapped_column(server_default=false(), default=False)
    connector_id: Mapped[UUID | None] = mapped_column(ForeignKey("connector.id"))
    provider: Mapped[str] = mapped_column(
        server_default=Provider.MICROSOFT.value, default=Provider.MICROSOFT
    )
    client_id: Mapped[str] = mapped_column(server_default="", default="")
    sealed_client_secret: Mapped[bytes | None]


@dataclass(frozen=True, kw_only=True)
class Server:
    """Where an account hands its mail over, and how."""

    host: str  # in ASCII; a name in another script is spelled in Punycode
    port: int
    security: Security = Security.STARTTLS
    authentication: Authentication = Authentication.NONE
    username: str = ""
    password: str = field(default="", repr=False)
    ignore_certificate: bool = False
    use_connector: bool = False
    connector_id: UUID | None = None  # None: the default one
    provider: Provider = Provider.MICROSOFT
    client_id: str = ""  # of Google's OAuth client, and its secret
    client_secret: str = field(default="", repr=False)

    @property
    def by_google(self) -> bool:
        """Tell whether a user signs in at Google for it."""
        return self.by_user and self.provider == Provider.GOOGLE

    @property
    def by_user(self) -> bool:
        """Tell whether a user signs in for it."""
        return self.authentication == Authentication.CONSENT

    @property
    def native(self) -> bool:
        """Tell whether it is this machine's own mail system, and nothing else."""
        return self == HERE

    @property
    def tariff(self) -> Tariff:
        """Say by which limits it is charged: Exchange Online has its own."""
        domains = config.current().exchange_domains
        theirs = any(f".{self.host}".endswith(f".{domain}") for domain in domains)
        return Tariff.SUBMISSION if theirs else Tariff.FREE

    @property
    def at_once(self) -> int:
        """Say how many connections it is given at most."""
        return AT_ONCE[self.tariff]

    @property
    def lane_key(self) -> str:
        """Name the lane of whoever signs in there: the server counts by that."""
        return f"smtp/{self.host}:{self.port}/{spelling.folded(self.username)}"


HERE = Server(host="127.0.0.1", port=25, security=Security.NONE)


def host(text: str) -> str:
    """Return the name of a server as it is connected to; raise ValueError."""
    try:
        name = text.strip().rstrip(".").encode("idna").decode().lower()
    except UnicodeError as error:
        raise ValueError("is no name of a server") from error
    if not name or len(name) > LONGEST_NAME or not set(name) <= LETTERS:
        raise ValueError("is no name of a server")
    return name


def trusted_like(server: Server, known: Server) -> bool:
    """Tell whether whoever is there may be told what is told at the known one."""
    place = (server.host, server.port, server.connector_id, server.use_connector)
    known_place = (known.host, known.port, known.connector_id, known.use_connector)
    weaker = server.ignore_certificate and not known.ignore_certificate
    same = place == known_place and server.security == known.security
    return same and not weaker


def check(server: Server) -> None:
    """Raise NotAllowed for what could not work, or would tell a secret."""
    authenticated = server.authentication != Authentication.NONE
    if authenticated and not server.username:
        raise NotAllowed("To sign in at the server, a username is needed.")
    if server.authentication == Authentication.PASSWORD and not server.password:
        raise NotAllowed("To sign in with a password, one is needed.")
    clear = server.security == Security.NONE and not config.is_loopback(server.host)
    if authenticated and clear:
        raise NotAllowed(UNPROTECTED.format(host=server.host))
    if server.provider == Provider.GOOGLE:
        _check_google(server)
    elif server.authentication in TOKENS and not _takes_tokens(server):
        raise NotAllowed(NOT_MICROSOFT.format(host=server.host))


def _check_google(server: Server) -> None:
    if server.authentication != Authentication.CONSENT:
        raise NotAllowed("At Google a user signs in: nobody else gets a token.")
    if not server.client_id or not server.client_secret:
        raise NotAllowed("Google asks for the ID and the secret of an OAuth client.")
    if not _takes_tokens(server):
        raise NotAllowed(NOT_GOOGLE.format(host=server.host))


def _takes_tokens(server: Server) -> bool:
    """Tell whether it is the issuer's own server: a token opens whole mailboxes.

    Where they are made on this machine, here is who plays the issuer.
    """
    settings, google = config.current(), server.provider == Provider.GOOGLE
    if config.is_loopback(server.host):
        made_at = settings.google_url if google else settings.login_url
        return config.is_loopback(urlsplit(made_at).hostname or "")
    theirs = server.host in GMAIL if google else server.tariff == Tariff.SUBMISSION
    return theirs and not server.ignore_certificate


def keep(session: Session, account_id: UUID, server: Server) -> None:
    """Let an account send by this server from now on; raise NotAllowed."""
    check(server)
    row = session.get(ServerRow, account_id, with_for_update=True)
    if row is None:
        row = ServerRow(account_id=account_id)
        session.add(row)
    row.host, row.port = server.host, server.port
    row.security, row.authentication = server.security, server.authentication
    row.username, row.ignore_certificate = server.username, server.ignore_certificate
    row.use_connector = server.use_connector
    row.connector_id = server.connector_id if server.use_connector else None
    row.sealed_password = _sealed(server.password, about(account_id))
    row.provider, row.client_id = server.provider, server.client_id
    row.sealed_client_secret = _sealed(server.client_secret, about_client(account_id))


def of(session: Session, account_id: UUID) -> Server:
    """Return the server of an account; raise NotFound, or CannotDecrypt."""
    server = find(session, account_id)
    if server is None:
        raise NotFound("This account has no SMTP server.")
    return server


def find(session: Session, account_id: UUID) -> Server | None:
    """Return the server of an account, if it has one; raise CannotDecrypt."""
    row = session.get(ServerRow, account_id)
    return _unsealed(row) if row else None


def every(session: Session) -> dict[UUID, Server]:
    """Return those of all accounts, without their secrets."""
    rows = session.scalars(select(ServerRow))
    return {row.account_id: _told(row) for row in rows}


@db.once
def at_google(session: Session) -> dict[UUID, Server]:
    """Return those that take a token of Google's; raise CannotDecrypt."""
    theirs = select(ServerRow).where(ServerRow.provider == Provider.GOOGLE)
    return {row.account_id: _unsealed(row) for row in session.scalars(theirs)}


def shown(session: Session, account_id: UUID) -> Server | None:
    """Return the server of an account without its secrets; None if it has none."""
    row = session.get(ServerRow, account_id)
    return _told(row) if row else None


def _unsealed(row: ServerRow) -> Server:
    return _told(
        row,
        password=_opened(row.sealed_password, about(row.account_id)),
        client_secret=_opened(row.sealed_client_secret, about_client(row.account_id)),
    )


def _told(row: ServerRow, *, password: str = "", client_secret: str = "") -> Server:
    return Server(
        host=row.host,
        port=row.port,
        security=Security(row.security),
        authentication=Authentication(row.authentication),
        username=row.username,
        password=password,
        ignore_certificate=row.ignore_certificate,
        use_connector=row.use_connector,
        connector_id=row.connector_id,
        provider=Provider(row.provider),
        client_id=row.client_id,
        client_secret=client_secret,
    )


def forget(session: Session, account_id: UUID) -> None:
    """Forget the server of an account, and the password with it."""
    session.execute(delete(ServerRow).where(ServerRow.account_id == account_id))


def about(account_id: UUID) -> str:
    return f"smtp password {account_id}"


def about_client(account_id: UUID) -> str:
    return f"smtp client secret {account_id}"


def _sealed(secret: str, label: str) -> bytes | None:
    return vault.seal(secret.encode(), label) if secret else None


def _opened(sealed: bytes | None, label: str) -> str:
    return vault.unseal(sealed, label).decode() if sealed else ""
