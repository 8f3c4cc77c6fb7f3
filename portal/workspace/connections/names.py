"""Names: what a mailbox is called by its issuer, and what a new name leaves behind.

From is an admin's to change. One that was the mailbox's own is written down when the
mailbox is called otherwise, until somebody has said whether From follows.
"""

from uuid import UUID

from sqlalchemy.orm import Session

from portal.issuer.identity import Identity
from portal.mail.message import address
from portal.workspace.connections.connection import Connection, ConnectionRow, told


def rename(row: ConnectionRow, who: Identity, sender: str | None) -> bool:
    """Call the mailbox as its issuer does by now; tell whether its name was another.

    `sender` is From of its account.
    """
    before = told(row)
    if not _same_user(before, who) or not _called_otherwise(before, who):
        return False
    row.renamed_from = renamed_from(before, who, sender)
    row.username, row.email, row.name = who.username, who.email, who.name
    return True


def renamed_from(before: Connection, who: Identity, sender: str | None) -> str:
    """Return a From that was the mailbox's own under its former name; "" if none was.

    Only of the same user of the same organization, for nothing else stays the same.
    """
    was = before.owns(sender or "") or before.left_behind(sender)
    own = address.same(sender or "", who.username, who.email)
    return sender if sender and _same_user(before, who) and was and not own else ""


def decide(session: Session, connection_id: UUID, name: str) -> bool:
    """Note that From was decided about; False if it is called otherwise by now."""
    row = session.get(ConnectionRow, connection_id, with_for_update=True)
    if row is None or not row.renamed_from or told(row).address != name:
        return False
    row.renamed_from = ""
    return True


def _same_user(before: Connection, who: Identity) -> bool:
    return (before.tid, before.oid) == (who.tid, who.oid)


def _called_otherwise(before: Connection, who: Identity) -> bool:
    """Compare the names that are given: an issuer may leave the second out."""
    names = ((who.username, before.username), (who.email, before.email))
    given = [(new, old) for new, old in names if new and old]
    return bool(who.username) and any(not address.same(*each) for each in given)
