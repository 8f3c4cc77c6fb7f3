"""What an address asks the log for; what it says wrongly counts as not said."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from flask import request

from portal import clock, db
from portal.explanations import Topic
from portal.mail.journal import Event
from portal.mail.journal.search import Search
from portal.web import forms
from portal.workspace import accounts
from portal.workspace.accounts import Account

PAGE = 50  # lines
LONGEST = 200  # characters to look for
EVERY = "all"
PERIODS = {
    "1h": timedelta(hours=1),
    "24h": timedelta(days=1),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked for, as words of an address and as a search."""

    search: Search
    account: str  # its name; "" for all
    since: str  # one of PERIODS; "" from the beginning
    opened: int | None = None  # the line that the list begins with, open

    @property
    def status(self) -> str:
        return EVERY if self.search.every else self.search.event or ""

    @property
    def query(self) -> str:
        """The same, without its place in the list, for a link."""
        words = {
            "q": self.search.words,
            "status": self.status,
            "account": self.account,
            "topic": self.search.topic or "",
            "since": self.since,
        }
        return urlencode({name: value for name, value in words.items() if value})


def read(session: db.Session) -> Asked:
    """Return what this request asks for."""
    status, since = _word("status"), _word("since")
    account, opened = _account(session), number("line")
    search = Search(
        words=_word("q").replace("\0", "").strip()[:LONGEST],
        event=Event(status) if status in set(Event) else None,
        every=status == EVERY,
        account_id=account.id if account else None,
        topic=Topic(_word("topic")) if _word("topic") in set(Topic) else None,
        since=clock.now() - PERIODS[since] if since in PERIODS else None,
        before=number("before") if opened is None else opened + 1,
        limit=PAGE,
    )
    return Asked(
        search=search,
        account=account.name if account else "",
        since=since if since in PERIODS else "",
        opened=opened,
    )


def number(name: str) -> int | None:
    """Return a place in the list; None for its beginning."""
    return forms.whole(_word(name))


def _account(session: db.Session) -> Account | None:
    name = _word("account")
    named = (each for each in accounts.every(session) if each.name == name)
    return next(named, None)


def _word(name: str) -> str:
    return request.args.get(name, "")
