"""The overview: the queue, its budgets, and when it will be empty."""

import re
from uuid import UUID

from portal import clock, db
from portal.mail import lanes
from portal.mail.journal import Event
from portal.mail.outbox import State
from portal.workspace import accounts
from tests.conftest import Passing
from tests.mail import backlog
from tests.trip import ANN
from tests.web.browsing import Browser, words
from tests.web.overview.reading import coming
from tests.web.posting import end, put

METER = re.compile(r'max="(\d+)".*? value="(\d+)">\s*([^<]*?)\s*</meter>', re.DOTALL)


def test_the_queue_tells_how_long_its_oldest_has_waited(
    sender: Browser, passes: Passing
) -> None:
    passes()
    put()
    due = clock.now()
    passes(minutes=5)

    assert f"the oldest since {due:%H:%M} UTC" in words(sender.get("/"))


def test_when_nothing_needs_anybody_it_says_so(sender: Browser) -> None:
    assert list(coming(sender)) == []
    assert "Nothing needs you, and nothing ends soon." in words(sender.get("/"))


def test_budgets_are_metered_with_what_is_spent(sender: Browser) -> None:
    end(put(), State.SENT, Event.SENT)

    meters = METER.findall(sender.get("/").text)

    assert ("10000", "1", "1 of 10,000") in meters
    assert ("9500", "1", "1 of 9,500") in meters
    assert len(meters) == 3  # no pace is set


def test_a_pace_is_metered_where_one_is_set(sender: Browser) -> None:
    with db.session() as session:
        lanes.pace(session, backlog.account(), 30)

    assert ("30", "0", "0 of 30") in METER.findall(sender.get("/").text)


def test_it_is_foretold_when_the_queue_is_empty(sender: Browser) -> None:
    end(put(), State.SENT, Event.SENT)
    put()

    assert "empty at about" in words(sender.get("/"))


def test_each_mailbox_has_its_budgets_the_defaults_first(sender: Browser) -> None:
    other = second()
    backlog.open_lane(other, key="tenant/other")

    page = sender.get("/").text

    budget = page[page.index('id="budget"') :]
    assert budget.index("default") < budget.index("<summary>reports</summary>")
    assert len(METER.findall(page)) == 6


def second() -> UUID:
    with db.session() as session:
        return accounts.add_delegated(session, "reports", by=ANN).id
