"""What the mail log is told, and which lines a page shows of it."""

import re
from typing import Any

from portal import db
from portal.mail import journal
from portal.mail.journal import Event, Line, search
from portal.workspace import accounts, in_force
from tests.mail import backlog


def tell(event: Event = Event.FAILED, reason: str = "Because.", **said: Any) -> int:
    """Write a line, of the default account if of no other; return its place."""
    about = {"account_id": backlog.account()} | said
    line = Line(event=event, reason=reason, **about)
    with db.session() as session:
        journal.write(session, line)
    with db.reading() as session:
        return search.newest(session)


def tried() -> str:
    """Keep what is in force now, as an attempt does."""
    with db.session() as session:
        return in_force.take(session, accounts.find(session).id)


def numbers(page: str) -> list[int]:
    return [int(each) for each in re.findall(r'id="line-(\d+)"', page)]
