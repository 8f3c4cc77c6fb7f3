"""What is written and counted, and how much there is of it then."""

from uuid import UUID

from portal import db
from portal.mail import journal, tally
from portal.mail.journal import Event, Line
from portal.mail.tally import Kind, adding

ONE, OTHER = UUID(int=1), UUID(int=2)


def write(*events: Event, account: UUID = ONE) -> None:
    with db.session() as session:
        for event in events:
            journal.write(session, Line(event=event, account_id=account))


def add(most: int = adding.LINES) -> bool:
    with db.session() as session:
        return adding.add(session, most)


def add_all() -> None:
    """Count twice: what others were writing is counted by the next one."""
    add()
    add()


def ever(kind: Kind = Kind.EVENT, account: UUID = ONE) -> dict[str, int]:
    """Return what is counted of an account in all."""
    with db.reading() as session:
        return {
            each.figure.name: each.count
            for each in tally.ever(session)
            if (each.figure.kind, each.figure.account_id) == (kind, account)
        }
