"""The page on which an admin says how long the log and content are kept."""

import re
from dataclasses import replace

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal import config, db
from portal.workspace import audit
from portal.workspace.keeping import terms
from portal.workspace.keeping.terms import Terms
from tests.trip import ANN
from tests.web.browsing import Browser, value, words

HERE = "/log/retention"


def save(ann: Browser, records: str, content: str) -> TestResponse:
    fields = {"records_days": records, "content_days": content}
    return ann.post(HERE, fields, form_at=HERE)


def in_force() -> Terms:
    with db.reading() as session:
        return terms.in_force(session)


def test_an_admin_chooses_and_the_page_and_the_audit_say_so(ann: Browser) -> None:
    page = ann.follow(save(ann, "30", "14"))

    assert in_force() == Terms(content_days=14, records_days=30)
    assert "Changes have been saved!" in words(page)
    assert 'name="records_days" value="30"' in page.text
    with db.reading() as session:
        [noted] = audit.page(session, None, 1)
    assert (noted.actor, noted.action) == (ANN, "changed retention")


@pytest.mark.parametrize("days", ["", "0", "-1", "1.5", "3651", "٣", "9" * 5000])
def test_what_is_no_number_of_days_is_refused(ann: Browser, days: str) -> None:
    page = save(ann, "90", days)

    assert page.status_code == 422
    assert "Type a whole number of days from 1 to 3,650." in words(page)
    assert in_force() == Terms()


def test_the_log_may_not_be_shorter_than_the_content(ann: Browser) -> None:
    page = save(ann, "29", "30")

    assert page.status_code == 409
    assert "A record is kept for 30 days at least" in words(page)
    assert 'name="content_days" value="30"' in page.text


def test_what_the_environment_says_is_shown_and_cannot_be_changed(
    portal: Flask, ann: Browser
) -> None:
    config.use(replace(config.current(), content_days=5))

    page = ann.get(HERE)
    answer = save(ann, "30", "6")

    assert "PORTAL_CONTENT_DAYS" in words(page)
    assert "PORTAL_RECORDS_DAYS" not in words(page)
    assert value(page, "content_days") == "5"
    assert answer.status_code == 409
    assert in_force() == Terms(content_days=5)


@pytest.mark.parametrize(
    ("given", "locked"),
    [
        ({}, False),
        ({"content_days": 5}, False),
        ({"content_days": 5, "records_days": 30}, True),
    ],
)
def test_nothing_can_be_saved_where_the_environment_says_all(
    portal: Flask, ann: Browser, given: dict[str, int], locked: bool
) -> None:
    config.use(replace(config.current(), **given))  # type: ignore[arg-type]

    page = ann.get(HERE).text

    [button] = re.findall(r'<button type="submit"[^>]*>Save</button>', page)
    assert (" disabled" in button) == locked
    assert page.count(" readonly") == len(given)


def test_the_log_leads_there(ann: Browser) -> None:
    page = ann.get("/log")

    assert f'href="{HERE}"' in page.text
