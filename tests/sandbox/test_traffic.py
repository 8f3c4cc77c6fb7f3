"""What is remembered of the requests to Microsoft: as many as one wants to count."""

from typing import Any

import pytest
from flask import Flask, Response, request

from portal.sandbox import traffic
from portal.sandbox.graph import wire


@pytest.fixture
def app() -> Flask:
    """Return an application that only remembers."""
    app = Flask(__name__)
    app.extensions["sandbox.traffic"] = traffic.fresh()
    return app


def ask(app: Flask, path: str, answer: Response, **more: Any) -> None:
    """Let a request be answered so."""
    with app.test_request_context(path, **more):
        assert request.path
        traffic.note(answer)


def lately(app: Flask, only: str = "") -> list[dict[str, Any]]:
    """Return what is remembered."""
    with app.app_context():
        return traffic.lately(only)


def test_a_request_is_remembered_without_its_query(app: Flask) -> None:
    answer = Response(status=201)

    ask(app, "/api/gv1.0/x?authtoken=secret", answer, method="PUT", data=b"12345")

    expected = {"method": "PUT", "path": "/api/gv1.0/x", "bytes": 5, "status": 201}
    assert lately(app) == [expected]


def test_our_own_pages_are_not_remembered(app: Flask) -> None:
    for path in ("/", "/faults", "/mails.json"):
        ask(app, path, Response())

    assert lately(app) == []


def test_an_answer_that_did_not_arrive_has_no_status(app: Flask) -> None:
    for answer in (wire.reset(), wire.drop(), wire.break_off(Response(), None)):
        ask(app, "/v1.0/me", answer)
    ask(app, "/v1.0/me", wire.leave(Response(), 1))

    assert [each["status"] for each in lately(app)] == [None, None, None, 200]


def test_some_can_be_asked_for(app: Flask) -> None:
    ask(app, "/v1.0/me/messages", Response(), method="POST")
    ask(app, "/v1.0/me/messages", Response())

    assert [each["method"] for each in lately(app, "POST ")] == ["POST"]
    assert len(lately(app, "/messages ")) == 2


def test_the_oldest_are_forgotten(app: Flask) -> None:
    app.extensions["sandbox.traffic"] = traffic.fresh(2)

    for name in "abc":
        ask(app, f"/v1.0/{name}", Response())

    assert [each["path"] for each in lately(app)] == ["/v1.0/b", "/v1.0/c"]
