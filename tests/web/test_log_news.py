"""What a page of the log that is open is told of what has come since."""

import re
from typing import Any

import pytest

from portal.mail.journal import Event
from portal.web.log.asked import PAGE
from tests.web.browsing import JSON, Browser
from tests.web.telling import numbers, tell


def news(browser: Browser, query: str) -> dict[str, Any]:
    answer = browser.get(f"/log/news?{query}", Accept=JSON)
    assert answer.status_code == 200
    return dict(answer.get_json())


def test_the_newest_page_knows_where_it_goes_on(sender: Browser) -> None:
    before = tell()

    page = sender.get("/log?status=failed").text
    told = re.findall(r'data-tail="([^"]+)" data-after="(\d+)"', page)

    assert told == [("/log/news?status=failed&amp;", str(before))]
    assert "data-tail" not in sender.get(f"/log?before={before}").text


def test_what_has_come_is_told_newest_first_as_it_is_asked_for(sender: Browser) -> None:
    before = tell()
    first, _, second = tell(), tell(Event.SENT), tell()

    told = news(sender, f"after={before}")

    assert numbers(told["lines"]) == [second, first]
    assert (told["after"], told["aloud"]) == (second, "2 new lines.")


def test_what_nobody_asked_for_is_passed_over(sender: Browser) -> None:
    before = tell()
    last = tell()

    told = news(sender, f"status=sent&after={before}")

    assert told == {"after": last, "lines": "", "aloud": ""}


def test_of_many_only_a_page_is_shown(sender: Browser) -> None:
    before = tell()
    for _ in range(PAGE + 2):
        last = tell()

    told = news(sender, f"after={before}")

    assert numbers(told["lines"])[0] == last
    assert len(numbers(told["lines"])) == PAGE


@pytest.mark.parametrize("after", ["", "after=x", "after=-1"])
def test_without_a_place_it_begins_now(sender: Browser, after: str) -> None:
    last = tell()

    assert news(sender, after) == {"after": last, "lines": "", "aloud": ""}
