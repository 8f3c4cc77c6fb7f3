"""Where alerts lead: to a page that is there, and tells the account, and what to do."""

import threading
from collections.abc import Callable
from uuid import UUID

import pytest

from portal import db
from portal.explanations.network import UNRESOLVED
from portal.mail import journal
from portal.mail.journal import Event, Line
from portal.mail.lanes import flow
from portal.mail.outbox import State
from portal.watch import tally
from portal.watch.alerts import conditions
from portal.workspace import accounts
from portal.workspace.accounts.servers import HERE
from portal.workspace.incidents import Condition
from tests.mail import backlog
from tests.watch.alerts import steps
from tests.web.browsing import Browser, words


def relay() -> UUID:
    """Add an account that sends by a server, and has mail."""
    with db.session() as session:
        given = ["reports@contoso.example"]
        account = accounts.add_smtp(session, "relay", given, HERE, by="Ann")
    backlog.put(account.id)
    return account.id


def held(account: UUID) -> None:
    steps.hold(account)


def failing(_: UUID) -> None:
    row = UNRESOLVED
    said = row.sentence.format(host="nowhere.invalid")
    steps.fail(flow.FAILURES, reason=said, cause=row.name)


def relieved(account: UUID) -> None:
    failing(account)
    with db.session() as session:
        other = accounts.add_smtp(session, "other", ["a@b.example"], HERE, by="Ann")
        accounts.decide_fallback(session, account, other.id)


def refused(account: UUID) -> None:
    [claim] = backlog.take()
    backlog.settle(claim, State.FAILED, Event.FAILED)
    line = Line(event=Event.FAILED, account_id=account)
    with db.session() as session:
        for _ in range(20):
            journal.write(session, line)
    tally.add_up(threading.Event())


def found(account: UUID) -> Condition:
    with db.reading() as session:
        every = conditions.now(session)
    return next(each for each in every if each.subject == str(account))


@pytest.mark.parametrize(
    ("happen", "said"),
    [
        (held, steps.WHY),
        (failing, UNRESOLVED.title),
        (relieved, UNRESOLVED.title),
        (refused, "Grüße"),
    ],
)
def test_it_leads_to_a_page_that_says_what_it_says(
    ann: Browser, happen: Callable[[UUID], None], said: str
) -> None:
    account = relay()
    happen(account)
    condition = found(account)

    page = ann.get(condition.link)

    assert page.status_code == 200
    assert said in words(page)
    assert condition.who
    assert condition.steps
