"""The audit: who changed what, the newest first, page by page."""

import re

import pytest

from portal import db
from portal.web.access.audit import PAGE
from portal.workspace import audit
from tests.trip import ANN
from tests.web.browsing import BASE, Browser, words

HOSTILE = "<script>alert(1)</script>\"'><img src=x>"


def note(*subjects: str) -> None:
    with db.session() as session:
        for subject in subjects:
            audit.note(session, "operator", "changed account", subject)
            session.flush()


def listed(page: str) -> list[str]:
    return re.findall(r"thing (\d+)<", page)


def test_a_change_is_told_with_who_when_and_which(ann: Browser) -> None:
    note("branch office")

    page = words(ann.get("/audit"))

    for told in ("operator", "changed account", "branch office", ANN, "UTC"):
        assert told in page


def test_a_long_history_is_read_page_by_page_the_newest_first(ann: Browser) -> None:
    note(*(f"thing {nth}" for nth in range(PAGE + 2)))

    newest = ann.get("/audit").text
    older = re.findall(r'href="(/audit\?before=\d+)"', newest)
    then = ann.get(older[0]).text

    assert listed(newest) == [str(nth) for nth in range(PAGE + 1, 1, -1)]
    assert listed(then) == ["1", "0"]
    assert 'href="/audit"' in then.partition("pager")[2]


@pytest.mark.parametrize("before", ["x", "-1", "", "²", "9" * 40, "1 OR 1=1"])
def test_what_is_no_place_in_the_list_shows_its_beginning(
    ann: Browser, before: str
) -> None:
    note("branch office")

    page = ann.client.get("/audit", query_string={"before": before}, base_url=BASE)

    assert "branch office" in page.text


def test_before_the_first_change_there_is_nothing(ann: Browser) -> None:
    assert "Nothing older was changed." in words(ann.get("/audit?before=0"))


def test_what_was_changed_cannot_bring_markup(ann: Browser) -> None:
    note(HOSTILE)

    page = ann.get("/audit")

    assert "&lt;img src=x&gt;" in page.text
    assert "<img" not in page.text
