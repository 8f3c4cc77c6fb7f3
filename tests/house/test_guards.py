"""Every page has a guard, but for those that are public by name; every form a token."""

import re
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.routing import Rule

from portal.app import create_app
from portal.config import Config
from portal.intake import http

BASE = "http://localhost:5000"
# Whoever comes here need not be signed in; each says what it wants instead.
PUBLIC = {
    "home": "nothing: it names nobody",
    "health": "nothing: programs ask",
    "metrics": "a token, but from this machine alone",
    "api": "an API key",
    "links": "the secret of a link",
    "arrivals": "the state of a trip, and the mark of its browser",
    "trips": "the mark of the trip's browser",
    "sign_in": "nothing: here one signs in",
}
LINKED = {"setup.enter"}  # the secret of a link, though what it leads to is guarded


@pytest.fixture
def app(house: Config) -> Flask:
    """Put the house together; without tokens of forms, so that the guard is asked."""
    app = create_app(house)
    app.config["WTF_CSRF_ENABLED"] = False
    return app


def guarded(app: Flask) -> list[Rule]:
    named = {"static", *LINKED}
    return [
        rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in named and rule.endpoint.split(".")[0] not in PUBLIC
    ]


def address_of(rule: Rule) -> str:
    return BASE + re.sub("<[^>]+>", str(uuid4()), rule.rule)


def test_nobody_gets_in_who_is_not_signed_in(app: Flask) -> None:
    client, let_in = app.test_client(), []

    for rule in guarded(app):
        address = address_of(rule)
        for method in (rule.methods or set()) - {"OPTIONS"}:
            answer = client.open(address, method=method)
            leads_on = answer.headers.get("Location", "").startswith("/sign-in?next=/")
            if answer.status_code != 303 or not leads_on:
                let_in.append((method, rule.rule, answer.status_code))

    assert len(guarded(app)) > 10
    assert let_in == []


def test_a_script_is_told_that_nobody_is_signed_in(app: Flask) -> None:
    asks = {"Accept": "application/json"}

    answer = app.test_client().post("/settings", base_url=BASE, headers=asks)

    assert answer.status_code == 401
    assert answer.get_json() == {"errors": {"": "Please sign in first."}}


def test_every_page_that_is_public_still_exists(app: Flask) -> None:
    assert app.blueprints.keys() >= PUBLIC.keys()


def test_only_programs_need_no_token_of_a_form(house: Config) -> None:
    protection = create_app(house).extensions["csrf"]

    assert protection._exempt_blueprints == {http.bp}
    assert protection._exempt_views == set()


def test_what_changes_something_is_posted_with_a_token(house: Config) -> None:
    app = create_app(house)
    client = app.test_client()
    posted = [
        rule
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and not rule.rule.startswith("/api/")
    ]

    answers = {rule.rule: client.post(address_of(rule)).status_code for rule in posted}

    assert len(posted) > 5
    assert set(answers.values()) == {400}
