"""Two at once: one wins, the other is told, and nobody waits for ever."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from werkzeug.test import TestResponse

from tests import stored, trip
from tests.web.baddays.windows import window
from tests.web.browsing import BASE, Browser, token, version

NOREPLY = "noreply@contoso.example"
REPORTS = "reports@contoso.example"
Act = Callable[[], TestResponse]


def at_once(*acts: Act) -> list[TestResponse]:
    """Do all of this at the same time."""
    ready = Barrier(len(acts), timeout=30)

    def do(act: Act) -> TestResponse:
        ready.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [each.result(60) for each in [pool.submit(do, act) for act in acts]]


def pressing(browser: Browser, address: str, **fields: str) -> Act:
    """Get ready to post a form, in another window of the same browser."""
    client = window(browser)
    data = {**fields, "csrf_token": token(browser.get("/settings"))}
    return lambda: client.post(address, base_url=BASE, data=data)


def test_enable_twice_at_once_asks_once(either_ann: Browser) -> None:
    fields = {"sender": NOREPLY, "version": version(either_ann.get("/settings"))}

    told = at_once(*(pressing(either_ann, "/settings", **fields) for _ in range(4)))

    assert {answer.status_code for answer in told} == {303}
    assert len({answer.headers["Location"] for answer in told}) == 1
    assert stored.rows("pending_change") == 1


def test_one_proposal_is_confirmed_once(either_ann: Browser) -> None:
    either_ann.enable(NOREPLY, REPORTS)
    confirming = [
        pressing(either_ann, "/settings/proposal", account=REPORTS) for _ in range(3)
    ]

    told = at_once(*confirming)

    assert {answer.status_code for answer in told} == {303}
    assert stored.rows("connection") == 1
    assert trip.in_force()[1] == NOREPLY


def test_reset_and_a_confirmation_take_turns(either_ann: Browser) -> None:
    for _ in range(8):
        either_ann.enable(NOREPLY, REPORTS)

        told = at_once(
            pressing(either_ann, "/settings/proposal", account=REPORTS),
            pressing(either_ann, "/settings/reset"),
        )

        assert {answer.status_code for answer in told} == {303}
        either_ann.post("/settings/reset")
