"""Sign-ins: which accounts send nothing until somebody signs in for them.

Every page asks, so it is one question about all of them; as long as all is well, it
finds nothing. `standing` tells the same of one account, with the reason.
"""

from sqlalchemy import ColumnElement, and_, case, exists, not_, or_, select
from sqlalchemy.orm import Session

from portal import clock, config
from portal.mail.outbox import MessageRow
from portal.workspace import accounts, registration
from portal.workspace.accounts import GRAPH, Account, AccountRow, Permission
from portal.workspace.accounts.account import told
from portal.workspace.accounts.servers import Authentication, Provider, ServerRow
from portal.workspace.connections import ConnectionRow
from portal.workspace.consent.changes import ChangeRow

Condition = ColumnElement[bool]

CONNECTED = and_(
    ConnectionRow.account_id == AccountRow.id, ConnectionRow.retired_at.is_(None)
)
BY_CONSENT = or_(
    and_(AccountRow.transport == GRAPH, AccountRow.permission == Permission.DELEGATED),
    ServerRow.authentication == Authentication.CONSENT,
)
MAIL_WAITS = exists().where(
    MessageRow.account_id == AccountRow.id, MessageRow.due_at.is_not(None)
)


def awaited(session: Session) -> list[Account]:
    """Return the accounts that somebody has to sign in for, the oldest first.

    One that nobody ever connected counts once it is in use: somebody has said what it
    sends as, or asked for its sign-in, or mail waits for it.
    """
    rows = session.scalars(
        select(AccountRow)
        .outerjoin(ServerRow, ServerRow.account_id == AccountRow.id)
        .outerjoin(ConnectionRow, CONNECTED)
        .where(accounts.THERE, AccountRow.enabled, BY_CONSENT, or_(_first(), _again()))
        .order_by(AccountRow.id)
    )
    return [told(row) for row in rows]


def _first() -> Condition:
    asked = exists().where(
        ChangeRow.account_id == AccountRow.id,
        ChangeRow.ended_at.is_(None),
        ChangeRow.expires_at > clock.now(),
    )
    in_use = or_(AccountRow.sender.is_not(None), asked, MAIL_WAITS)
    return and_(ConnectionRow.id.is_(None), in_use)


def _again() -> Condition:
    over = or_(ConnectionRow.trouble != "", not_(_made_with_ours()))
    return and_(ConnectionRow.id.is_not(None), over)


def _made_with_ours() -> Condition:
    """Compare a connection with its issuer as `connections.belongs` does."""
    settings, (tenant, client_id) = config.current(), registration.sought()
    at_google = and_(
        ConnectionRow.authority == settings.google_url,
        ConnectionRow.client_id == ServerRow.client_id,
    )
    at_microsoft = and_(
        ConnectionRow.authority == settings.login_url,
        ConnectionRow.tenant == tenant,
        ConnectionRow.client_id == client_id,
    )
    return case((ServerRow.provider == Provider.GOOGLE, at_google), else_=at_microsoft)
