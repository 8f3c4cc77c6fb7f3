"""A test mail whose answer is lost."""

from sqlalchemy import update

from portal import clock, db
from portal.mail.outbox import MessageRow
from tests.delivery.steps import work
from tests.web.browsing import Browser, words


def lose(ann: Browser, at: str, fields: dict[str, str]) -> str:
    """Send one whose answer is lost; return what is said when nobody can find out."""
    there = ann.post(at, fields, form_at=at)
    work()
    with db.session() as session:
        session.execute(update(MessageRow).values(look_at=clock.now()))
    work()
    return words(ann.follow(there))
