"""Verify setup over HTTP: with a key, for the accounts that it may use."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal import db
from portal.app import create_app
from portal.config import Config
from portal.intake import test_mail
from portal.workspace import accounts, verification
from portal.workspace.people import keys
from portal.workspace.people.limits import Limits
from tests.conftest import Passing
from tests.delivery.steps import work
from tests.sandbox.serving import Sandbox

PLACE = "/api/v1/verification"


@pytest.fixture
def app(contoso: Config) -> Flask:
    return create_app(contoso)


def ask(app: Flask, place: str = PLACE, method: str = "POST") -> TestResponse:
    """Knock with a key of Ben's app, which may use everything."""
    with db.session() as session:
        secret = keys.create(session, f"key {db.new_id()}")
    return app.test_client().open(
        place, method=method, headers={"Authorization": f"Bearer {secret}"}
    )


def outcomes(found: dict[str, Any]) -> dict[str, str]:
    return {step["name"]: step["outcome"] for step in found["steps"]}


def test_a_program_is_told_each_step(app: Flask, sandbox: Sandbox) -> None:
    answer = ask(app)

    found = answer.get_json()
    assert (answer.status_code, found["account"], found["well"]) == (
        200,
        "default",
        True,
    )
    assert found["by"].startswith("key key ")
    assert outcomes(found)["credential"] == "ok"
    assert sandbox.mails() == []


def test_what_failed_is_told_in_the_words_of_the_pages(
    app: Flask, sandbox: Sandbox
) -> None:
    sandbox.fault("secret-expired", times=None)

    found = ask(app).get_json()

    [failed] = [step for step in found["steps"] if step["outcome"] == "failed"]
    told = failed["explanation"]
    assert told["title"] == "The client secret has expired"
    assert (told["who"], told["place"]) == ("operator", "/setup")
    assert not found["well"]


def test_the_status_shows_the_last_one(app: Flask) -> None:
    before = ask(app, "/api/v1/status", "GET").get_json()["accounts"][0]

    found = ask(app).get_json()

    [after] = ask(app, "/api/v1/status", "GET").get_json()["accounts"]
    assert before["verification"] is None
    assert {"account": "default", **after["verification"]} == found


def test_whoever_asks_again_at_once_is_told_the_same(
    app: Flask, sandbox: Sandbox, passes: Passing
) -> None:
    first = ask(app).get_json()
    sandbox.clear()

    again = ask(app).get_json()
    asked = sandbox.calls()
    passes(seconds=11)

    assert again == first
    assert asked == []
    assert ask(app).get_json()["at"] != first["at"]


def send_test(app: Flask) -> None:
    """Verify, and send a test mail as the last step, as the page does."""
    ask(app)
    with db.reading() as session:
        last = verification.last(session, accounts.find(session).id)
    assert last
    test_mail.follow(last, "jane@example.com", "Trial", "Well?")


def told_of_test(app: Flask, place: str, method: str) -> tuple[str, bool]:
    """Return what a program is told of it there, and whether all is well."""
    told = ask(app, place, method).get_json()
    found = told if place == PLACE else told["accounts"][0]["verification"]
    return outcomes(found)["test_mail"], found["well"]


@pytest.mark.parametrize("door", [("/api/v1/status", "GET"), (PLACE, "POST")])
@pytest.mark.parametrize(
    ("fault", "end"), [(None, ("ok", True)), ("error", ("failed", False))]
)
def test_a_program_is_told_how_the_test_mail_of_a_page_ended(
    app: Flask,
    sandbox: Sandbox,
    door: tuple[str, str],
    fault: str | None,
    end: tuple[str, bool],
) -> None:
    if fault:
        sandbox.fault(fault)
    send_test(app)
    before = told_of_test(app, *door)

    work()

    assert before == ("waiting", True)
    assert told_of_test(app, *door) == end


@pytest.mark.parametrize(
    ("query", "status"),
    [("?account=nobody", 404), ("?to=jane@example.com", 422), ("?account=", 422)],
)
def test_what_is_not_there_is_refused(app: Flask, query: str, status: int) -> None:
    assert ask(app, f"{PLACE}{query}").status_code == status


def test_without_a_key_nobody_is_told(app: Flask) -> None:
    assert app.test_client().post(PLACE).status_code == 401


def test_an_account_that_a_key_may_not_use_is_not_verified(app: Flask) -> None:
    with db.session() as session:
        limits = Limits(accounts=(db.new_id(),))
        secret = keys.create(session, "narrow", limits=limits)
        name = accounts.find(session).name

    answer = app.test_client().post(
        f"{PLACE}?account={name}", headers={"Authorization": f"Bearer {secret}"}
    )

    assert answer.status_code == 403
