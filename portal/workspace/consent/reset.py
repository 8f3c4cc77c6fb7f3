"""Reset: an account is as it was before anybody connected it; its mail waits."""

from uuid import UUID

from sqlalchemy.orm import Session

from portal.mail import journal, lanes
from portal.mail.journal import Event, Line
from portal.workspace import accounts, audit, connections, in_force
from portal.workspace.accounts import Settings
from portal.workspace.consent import changes
from portal.workspace.consent.changes import Outcome


def reset(session: Session, account_id: UUID, by: str) -> None:
    """Take back From, switch and tokens, and end what was asked for and its links.

    What is queued is kept and waits for the next connection. Entra keeps its grant:
    only an admin of the organization can remove that.
    """
    account = accounts.lock(session, account_id)
    before = in_force.take(session, account_id)
    changes.end(session, account_id, Outcome.RESET)
    connections.erase(session, account_id)
    lanes.close(session, account_id)
    accounts.reset(session, account_id, by)
    if account.by_smtp:
        # What it sends as was never a user's to say.
        kept = Settings(sender=account.sender, large_attachments=False)
        accounts.apply(session, account_id, kept, by)
    reason = "The connection was Reset; mail waits for the next one."
    line = Line(
        event=Event.ACCOUNT_HELD,
        account_id=account_id,
        reason=reason,
        snapshot=before,
    )
    journal.write(session, line)
    audit.note(session, by, "reset account", account.sender or "")
