"""Two at once: one wins, the other is told, and nobody waits for ever."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from portal import db
from portal.accept import Caller
from portal.intake import desk
from portal.mail.message import Message
from portal.mail.outbox import State, records
from portal.sandbox.seeds import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from portal.workspace import accounts
from portal.workspace.consent.changes import ChangeRow
from portal.workspace.people import setup_links
from tests import stored, trip
from tests.delivery.steps import work
from tests.relay import Relay
from tests.sandbox.serving import Sandbox
from tests.trip import ANN
from tests.web.baddays.windows import window
from tests.web.browsing import BASE, Browser, token, value, version, words

NOREPLY = "noreply@contoso.example"
REPORTS = "reports@contoso.example"
APPLICATION = {"tenant": TENANT_ID, "client_id": CLIENT_ID, "secret": CLIENT_SECRET}
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"
Act = Callable[[], TestResponse]


def at_once(*acts: Act) -> list[TestResponse]:
    """Do all of this at the same time."""
    ready = Barrier(len(acts), timeout=30)

    def do(act: Act) -> TestResponse:
        ready.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [each.result(60) for each in [pool.submit(do, act) for act in acts]]


def getting(browser: Browser, address: str) -> Act:
    client = window(browser)
    return lambda: client.get(address, base_url=BASE)


def pressing(
    browser: Browser, address: str, form_at: str = "/settings", **fields: str
) -> Act:
    """Get ready to post a form, in another window of the same browser."""
    data = {**fields, "csrf_token": token(browser.get(form_at))}
    client = window(browser)
    return lambda: client.post(address, base_url=BASE, data=data)


def test_enable_twice_at_once_asks_once(either_ann: Browser) -> None:
    fields = {"sender": NOREPLY, "version": version(either_ann.get("/settings"))}

    told = at_once(*(pressing(either_ann, "/settings", **fields) for _ in range(4)))

    assert {answer.status_code for answer in told} == {303}
    assert len({answer.headers["Location"] for answer in told}) == 1
    assert stored.rows("pending_change") == 1


def test_one_proposal_is_confirmed_once(either_ann: Browser) -> None:
    either_ann.enable(NOREPLY, REPORTS)
    form = shown(either_ann, "change", "proposal")
    confirming = [pressing(either_ann, "/settings/proposal", **form) for _ in range(3)]

    told = at_once(*confirming)

    assert {answer.status_code for answer in told} == {303}
    assert stored.rows("connection") == 1
    assert trip.in_force()[1] == NOREPLY
    assert "Authorization complete!" in words(either_ann.follow(confirming[0]()))


@pytest.mark.parametrize("times", [1, 3])
def test_whoever_presses_twice_is_connected_and_told_so(
    either_portal: Flask, sandbox: Sandbox, times: int
) -> None:
    holder = Browser(either_portal, sandbox)
    there = holder.travel(f"/connect/{trip.invite(NOREPLY)}", REPORTS)
    page = there.headers["Location"]
    form = shown(holder, "proposal", at=page)
    press = [
        pressing(holder, f"{page}/confirmation", form_at=page, **form) for _ in range(3)
    ]

    told = [*at_once(*press[:times]), *(again() for again in press[times:])]

    assert {answer.headers["Location"] for answer in told} == {page}
    assert "Email OAuth 2.0 authentication succeeded" in words(holder.get(page))
    assert stored.rows("connection") == 1


def test_reset_and_a_confirmation_take_turns(either_ann: Browser) -> None:
    for _ in range(8):
        either_ann.enable(NOREPLY, REPORTS)
        form = shown(either_ann, "change", "proposal")

        told = at_once(
            pressing(either_ann, "/settings/proposal", **form),
            pressing(either_ann, "/settings/reset"),
        )

        assert {answer.status_code for answer in told} == {303}
        either_ann.post("/settings/reset")


def test_one_callback_that_comes_twice_counts_once(either_ann: Browser) -> None:
    change = either_ann.ask(ANN)
    either_ann.travel(f"/consent/{change}")
    back = urlsplit(either_ann.visit_microsoft(f"/consent/{change}"))

    told = at_once(*(getting(either_ann, f"/callback?{back.query}") for _ in range(3)))

    ways = {answer.headers["Location"] for answer in told}
    page = f"/settings?change={change}"
    assert {page} <= ways <= {page, "/trips/over"}
    assert stored.rows("connection") == 1


def test_of_two_trips_that_end_at_once_one_is_applied(either_ann: Browser) -> None:
    change = either_ann.ask(ANN)
    either_ann.travel(f"/consent/{change}")
    there = f"/consent/{change}"
    back = [urlsplit(either_ann.visit_microsoft(there)).query for _ in range(2)]

    told = at_once(*(getting(either_ann, f"/callback?{query}") for query in back))

    pages = [words(either_ann.follow(answer)) for answer in told]
    assert stored.rows("connection") == 1
    assert sum("Authorization complete!" in page for page in pages) >= 1
    assert sum("This change was applied already." in page for page in pages) == 1


def test_two_admins_ask_at_once_and_one_wish_is_left(either_ann: Browser) -> None:
    seen = version(either_ann.get("/settings"))

    told = at_once(
        *(
            pressing(either_ann, "/settings", sender=sender, version=seen)
            for sender in (ANN, NOREPLY, REPORTS)
        )
    )

    assert {answer.status_code for answer in told} == {303}
    with db.reading() as session:
        rows = session.query(ChangeRow).all()
    assert [row.outcome for row in rows].count(None) == 1


def test_reset_by_two_and_a_wish_by_a_third_harm_nobody(either_ann: Browser) -> None:
    for _ in range(4):
        either_ann.enable(ANN)
        seen = version(either_ann.get("/settings"))
        waits = str(either_ann.ask(REPORTS))

        told = at_once(
            pressing(either_ann, "/settings/reset"),
            pressing(either_ann, "/settings", sender=NOREPLY, version=seen),
            pressing(either_ann, "/settings/reset"),
            pressing(either_ann, "/settings/change/discard", change=waits),
        )

        assert {answer.status_code for answer in told} <= {303, 409}
    assert stored.rows("connection") >= 1
    with db.reading() as session:
        assert accounts.find(session).sender is None


def test_a_setup_link_serves_one_of_two(either_ann: Browser) -> None:
    link = setup_link()
    holders = [Browser(either_ann.client.application, either_ann.sandbox) for _ in "ab"]
    for holder in holders:
        holder.get(f"/setup/{link}")

    told = at_once(
        *(
            pressing(holder, "/setup", form_at="/setup", **APPLICATION)
            for holder in holders
        )
    )

    served = [answer.headers.get("Location") == "/settings" for answer in told]
    assert sorted(served) == [False, True]
    late = Browser(either_ann.client.application, either_ann.sandbox)
    assert late.get(f"/setup/{link}").status_code == 404


@pytest.mark.parametrize("either_house", ["postgresql"], indirect=True)
def test_a_link_is_made_while_another_one_is_used(either_ann: Browser) -> None:
    holder = Browser(either_ann.client.application, either_ann.sandbox)
    holder.get(f"/setup/{setup_link()}")
    save = pressing(holder, "/setup", form_at="/setup", **APPLICATION)

    with ThreadPoolExecutor(2) as pool:
        with db.session() as session:
            db.alone(session)
            making = pool.submit(setup_link)
            until_waiting(1)
            saving = pool.submit(save)
            until_waiting(2)
        newer, told = making.result(60), saving.result(60)

    late = Browser(either_ann.client.application, either_ann.sandbox)
    assert told.status_code == 409
    assert late.get(f"/setup/{newer}").status_code == 303


def test_reset_lets_what_is_on_its_way_arrive_and_holds_the_rest(
    either_ann: Browser, between: Relay
) -> None:
    either_ann.enable(ANN)
    on_its_way, waiting = (send(f"mail {number}") for number in (1, 2))
    between.meanwhile["sendMail"] = lambda: reset_by(either_ann)

    work()

    assert [state(it) for it in (on_its_way, waiting)] == [State.SENT, State.HELD]
    assert len(either_ann.sandbox.mails()) == 1


def shown(browser: Browser, *names: str, at: str = "/settings") -> dict[str, str]:
    """Return what a form carries that somebody was shown."""
    page = browser.get(at)
    return {name: value(page, name) for name in names}


def setup_link() -> str:
    with db.session() as session:
        return setup_links.make(session)


def until_waiting(threads: int) -> None:
    """Wait for as many threads as PostgreSQL lets wait for another's lock."""
    waiting = 0
    while waiting < threads:
        with db.reading() as session:
            waiting = session.execute(text(WAITING)).scalar_one()


def send(subject: str) -> UUID:
    brought = Message(to="jane@example.com", subject=subject, text="Hello")
    return UUID(desk.take(brought, Caller(name="test")).id)


def state(message: UUID) -> State:
    with db.reading() as session:
        return records.find(session, message).state


def reset_by(browser: Browser) -> None:
    assert pressing(browser, "/settings/reset")().status_code == 303
