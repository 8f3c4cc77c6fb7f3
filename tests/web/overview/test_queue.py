"""The overview: the queue, its budgets, and when it will be empty."""

import re
from datetime import timedelta
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

PACE = 2  # messages a minute
EMPTY = re.compile(r'empty at about\s*<time datetime="(.*?)"')
METER = re.compile(r'max="(\d+)".*? value="(\d+)">\s*([^<]*?)\s*</meter>', re.DOTALL)


def test_the_queue_tells_how_long_its_oldest_has_waited(
    sender: Browser, passes: Passing
) -> None:
    passes(hours=-12 - clock.now().hour)  # at noon it stays the same day
    put()
    due = clock.now()
    passes(minutes=5)

    assert f"the oldest since {due:%H:%M} UTC" in words(sender.get("/"))


def test_the_queue_tells_the_day_of_its_oldest_if_that_is_over(
    sender: Browser, passes: Passing
) -> None:
    passes(days=-1)
    put()
    due = clock.now()
    passes(days=1)

    said = f"the oldest since {due.day} {due:%b %Y, %H:%M} UTC"
    assert said in words(sender.get("/"))


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


def test_each_mailbox_foretells_when_its_queue_is_empty_and_the_last_when_all_is(
    sender: Browser, passes: Passing
) -> None:
    passes()
    soon, late = clock.now() + timedelta(minutes=5), clock.now() + timedelta(minutes=9)
    wait(backlog.account(), minutes=5)
    other = second()
    backlog.open_lane(other, key="tenant/other")
    wait(other, minutes=9)

    page = sender.get("/").text

    tile, _, meters = page.partition('id="budget"')
    first, _, reports = meters.partition("<summary>reports</summary>")
    assert [EMPTY.findall(each) for each in (tile, first, reports)] == [
        [f"{late:%Y-%m-%dT%H:%MZ}"],
        [f"{soon:%Y-%m-%dT%H:%MZ}"],
        [f"{late:%Y-%m-%dT%H:%MZ}"],
    ]


def wait(account: UUID, minutes: int) -> None:
    """Let so much wait that it takes so long, in a minute of which all is spent."""
    with db.session() as session:
        lanes.pace(session, account, PACE)
    for _ in range(PACE * (minutes + 1)):
        backlog.put(account)
    # At the first look it may be the turn of another mailbox, whose pace is spent.
    for claim in backlog.take(PACE) or backlog.take(PACE):
        backlog.settle(claim)


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
