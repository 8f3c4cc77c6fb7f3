"""A trip that failed says so in known words, then why, and what to do."""

from typing import Any

import pytest

from portal.explanations import Explanation
from portal.explanations.own import consent, identity
from portal.explanations.sign_in import DECLINED
from tests import trip
from tests.trip import ANN
from tests.web.browsing import Browser, heading, words

FAILED = (
    "Email authorization failed! Please check the provided credentials and try again!"
)
REPORTS = "reports@contoso.example"
PAT = "pat@fabrikam.example"
Faults = dict[str, dict[str, Any]]


def fail(
    browser: Browser, address: str, faults: Faults, as_: str = REPORTS, answer: str = ""
) -> str:
    """Go on a trip that fails; return what its page says."""
    for kind, more in faults.items():
        browser.sandbox.fault(kind, None, **more)
    page = browser.follow(browser.travel(address, as_, answer or "accept"))
    assert page.status_code == 400
    assert heading(page) == FAILED
    return words(page)


def whole(row: Explanation, **said: str) -> str:
    """Return all that a row says, as a page does; there it is about Microsoft."""
    title = "" if row.why.startswith(row.title) else f"{row.title}. "
    steps = " ".join(row.steps)
    who = f"Who must act {row.who.called} Where {row.place.called}"
    return f"{title}{row.why.format(**said)} {steps} {who}"


@pytest.mark.parametrize(
    ("faults", "as_", "answer", "row"),
    [
        ({"no-refresh-token": {}}, REPORTS, "", consent.NOT_LASTING),
        ({"scope-missing": {"scope": "Mail.Send"}}, REPORTS, "", consent.NOT_GRANTED),
        ({"guest": {}}, PAT, "", identity.GUEST),
        ({}, REPORTS, "cancel", DECLINED),
    ],
)
def test_whoever_comes_back_is_told_all_that_its_row_says(
    anybody: Browser, faults: Faults, as_: str, answer: str, row: Explanation
) -> None:
    page = fail(anybody, f"/connect/{trip.invite()}", faults, as_, answer)

    assert whole(row, issuer="Microsoft", permissions="Mail.Send") in page


def test_the_settings_tell_the_same_of_the_last_try(ann: Browser) -> None:
    change = ann.ask(REPORTS)
    ann.travel(f"/consent/{change}")

    fail(ann, f"/consent/{change}", {"no-refresh-token": {}})

    told = whole(consent.NOT_LASTING, issuer="Microsoft")
    here = told.replace("Where Tenant Settings", "Where on this page")
    assert f"The last try did not work: {here}" in words(ann.get("/settings"))


def test_who_was_not_the_first_is_told_what_to_do(ann: Browser) -> None:
    change = ann.ask(ANN)
    ann.travel(f"/consent/{change}")
    back = ann.visit_microsoft(f"/consent/{change}")
    trip.ask(REPORTS, by="ben@contoso.example")

    page = ann.follow(ann.get(back))

    assert heading(page) == FAILED
    assert "Somebody was faster. ben@contoso.example has asked" in words(page)
    assert all(step in words(page) for step in consent.FASTER.steps)
