"""A setup: everything that a verification has to know of one account before it asks."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal import db
from portal.errors import DeliveryError, PortalError
from portal.explanations.graph import BAD_TOKEN, TOKEN_REFUSED
from portal.issuer import Issuer
from portal.mail import lanes
from portal.mail.lanes import Hold
from portal.microsoft import problems
from portal.microsoft.graph import TokenRefused
from portal.microsoft.login import Registration
from portal.workspace import accounts, connections, registration
from portal.workspace.accounts import Account, Way, connectors, servers
from portal.workspace.accounts.servers import Server
from portal.workspace.connections import Connection
from portal.workspace.registration import issuers
from portal.workspace.verification import Name, Outcome, Step, redirects

OF_MICROSOFT = (
    Way.CONSENT,
    Way.APPLICATION,
    Way.SMTP_APPLICATION,
    Way.SMTP_CONSENT,
)


@dataclass(frozen=True, kw_only=True)
class Setup:
    """How one account is set up, as the database and the environment say it."""

    account: Account
    chosen: Registration | None  # the application
    issuer: Issuer | None  # who signs its user in
    named: str  # whoever that is
    connection: Connection | None
    server: Server | None
    proxy: str  # by which its server is reached; "": straight
    came_back_at: datetime | None  # when a sign-in last used the Redirect URI
    hold: Hold | None

    @property
    def id(self) -> UUID:
        return self.account.id

    @property
    def by_microsoft(self) -> bool:
        """Tell whether it spends tokens that Microsoft's sign-in gives."""
        return self.account.way in OF_MICROSOFT and not self.by_google

    @property
    def by_google(self) -> bool:
        return self.server is not None and self.server.by_google

    @property
    def username(self) -> str:
        """Name whoever needs the right to send."""
        if self.server:
            return self.server.username
        return self.connection.unique if self.connection else ""


def read(account_id: UUID) -> Setup:
    """Read how an account is set up; raise NotFound."""
    with db.reading() as session:
        account = accounts.by_id(session, account_id)
        chosen = registration.current(session)
        issuer = issuers.of(session, account_id)
        server = servers.of(session, account_id) if account.by_smtp else None
        return Setup(
            account=account,
            chosen=chosen,
            issuer=issuer,
            named=issuers.named(session, account_id),
            connection=connections.find(session, account_id),
            server=server,
            proxy=connectors.through(session, server) if server else "",
            came_back_at=redirects.proven_at(session, issuer) if issuer else None,
            hold=lanes.holding(session, account_id),
        )


def failed(given: Setup, name: Name, error: PortalError) -> Step:
    """Return a step that met this trouble, with a command for its addresses."""
    if isinstance(error, TokenRefused):
        row = TOKEN_REFUSED if given.account.by_application else BAD_TOKEN
        error = row.error(error.answer)
    command = error.command if isinstance(error, DeliveryError) else ""
    return Step(
        name=name,
        outcome=Outcome.FAILED,
        said=str(error),
        cause=error.cause,
        command=problems.spell(
            command, sender=given.account.sender or "", username=given.username
        ),
        answer=error.answer,
    )
