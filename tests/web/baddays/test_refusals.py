"""What Microsoft says as it refuses a token is kept, and told at every door."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal import db, foreign
from portal.errors import WORDS_LIMIT
from portal.mail import journal
from portal.mail.journal import Event
from portal.sandbox.seeds import CLIENT_SECRET
from portal.watch import renewal
from portal.workspace import connections
from tests import trip
from tests.delivery.steps import work
from tests.mail import backlog
from tests.relay import Relay
from tests.sandbox.serving import Sandbox
from tests.terminal import portal as at_terminal
from tests.trip import ANN
from tests.web.browsing import Browser, words
from tests.web.keys import make
from tests.web.posting import put

JANE = "jane@example.com"
TRACE = "0f0c9f7e-3ad4-4f8c-8d63-6a1d5b1c9e21"
UNKNOWN = "AADSTS1999999: Something that no row of ours knows has happened."


def refusal(words: str, **more: Any) -> tuple[int, bytes]:
    """Return an answer of Entra's, in its shape."""
    named = f"Trace ID: {TRACE}\r\nCorrelation ID: 9b1d\r\nTimestamp: 2026-11-29"
    told = {
        "error": "invalid_grant",
        "error_description": f"{words}\r\n{named}",
        "error_codes": [1999999],
        "trace_id": TRACE,
    }
    return 400, json.dumps(told | more).encode()


def refused(ann: Browser, between: Relay, words: str) -> UUID:
    """Send with a sign-in that Microsoft refuses to renew; return the message."""
    between.edit = lambda told: told | {"expires_in": 0}
    ann.enable(ANN)
    between.instead["token"] = refusal(words)
    message = put()
    work()
    return message


def answer(message: UUID) -> dict[str, Any]:
    """Return what the last attempt of a message heard."""
    with db.reading() as session:
        line = journal.story(session, message)[-1]
    assert line.event == Event.HELD
    assert line.answer
    return vars(line.answer)


def doors(ann: Browser, portal: Flask) -> dict[str, str]:
    """Send a message, and return what each door tells of it and of its account."""
    opens = {"Authorization": f"Bearer {make()[1]}"}
    client = portal.test_client()
    taken = client.post("/api/v1/messages", json={"to": JANE}, headers=opens)
    message = taken.get_json()["id"]
    work()
    return {
        "page": words(ann.get(f"/messages/{message}")),
        "log": words(ann.get("/log")),
        "CLI": " ".join(at_terminal("log").out.split()),
        "CLI for programs": at_terminal("log", "--json").out,
        "API": client.get(f"/api/v1/messages/{message}", headers=opens).text,
    }


@pytest.mark.parametrize(
    "words", ["AADSTS50173: The grant was revoked; a fresh token is needed.", UNKNOWN]
)
def test_what_was_said_is_told_at_every_door(
    ann: Browser, portal: Flask, between: Relay, words: str
) -> None:
    between.edit = lambda told: told | {"expires_in": 0}
    ann.enable(ANN)
    between.instead["token"] = refusal(words)

    told = doors(ann, portal)

    said = ("400", "AADSTS1999999", words, TRACE)
    assert [(at, each) for at in told for each in said if each not in told[at]] == []
    assert "9b1d" not in "".join(told.values())


def test_what_the_daily_renewal_heard_is_told_of_the_account(
    ann: Browser, between: Relay
) -> None:
    ann.enable(ANN)
    between.instead["token"] = refusal(UNKNOWN)
    with db.reading() as session:
        connection = connections.find(session, backlog.account())
    assert connection

    renewal.renew(connection)

    log = words(ann.get("/log"))
    told = json.loads(at_terminal("log", "--json").out.splitlines()[-1])
    assert all(each in log for each in ("400 · AADSTS1999999", UNKNOWN, TRACE))
    assert (told["event"], told["answer"]["text"]) == ("account held", UNKNOWN)


def test_a_sign_in_that_was_revoked_is_told_with_its_status_and_words(
    ann: Browser, portal: Flask, sandbox: Sandbox
) -> None:
    ann.enable(ANN)
    sandbox.fault("revoked", user=ANN)
    message = put()
    work()

    said = answer(message)

    assert (said["status"], said["code"]) == (400, "AADSTS50173")
    assert said["text"].startswith("AADSTS50173: The provided grant has expired")
    assert "Trace ID" not in said["text"]
    assert said["request_id"] in words(ann.get(f"/messages/{message}"))


def connecting(ann: Browser, between: Relay) -> TestResponse:
    link = trip.invite()
    between.instead["token"] = refusal(UNKNOWN)
    return ann.follow(ann.travel(f"/connect/{link}"))


def verifying(ann: Browser, between: Relay) -> TestResponse:
    ann.enable(ANN)
    between.instead["token"] = refusal(UNKNOWN)
    at = f"/accounts/{backlog.account()}/verification"
    ann.post(at)
    return ann.get(at)


def settling(ann: Browser, between: Relay) -> TestResponse:
    refused(ann, between, UNKNOWN)
    return ann.get("/settings")


@pytest.mark.parametrize("road", [connecting, verifying, settling])
def test_what_no_row_knows_is_shown_folded_in_microsofts_own_words(
    ann: Browser, between: Relay, road: Callable[[Browser, Relay], TestResponse]
) -> None:
    page = road(ann, between)

    _, _, folded = page.text.partition('<details class="raw">')
    assert f"400 · AADSTS1999999\n{UNKNOWN}\nrequest-id {TRACE}" in folded


HOSTILE = {
    "long": "never ending " * 100_000,
    "markup": "</code><script>alert(1)</script><img src=x onerror=alert(1)>",
    "control": "one\x00two\x1b[31mthree\x7f\ud800",
    "bidi": "a\u202eb\u2066c\u200bd\u2028e\ufeff",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_words_are_cut_and_do_nothing(
    ann: Browser, portal: Flask, between: Relay, kind: str
) -> None:
    message = refused(ann, between, HOSTILE[kind])

    said = answer(message)["text"]
    page = ann.get(f"/messages/{message}").text

    assert 0 < len(said) <= WORDS_LIMIT
    assert foreign.shown(said) == said
    assert "<script>alert" not in page + ann.get("/log").text
    assert (kind == "markup") == ("&lt;script&gt;alert" in page)


def test_a_secret_that_is_repeated_is_left_out(
    ann: Browser, portal: Flask, between: Relay
) -> None:
    between.edit = lambda told: told | {"expires_in": 0}
    ann.enable(ANN)
    with db.reading() as session:
        row = connections.in_use(session, backlog.account())
        assert row
        refresh = connections.unseal(row, "refresh")
    secrets = [CLIENT_SECRET, refresh, refresh[:100]]
    named = {"error": CLIENT_SECRET, "trace_id": refresh}
    between.instead["token"] = refusal(f"No: {' '.join(secrets)}", **named)

    told = "".join(doors(ann, portal).values())

    assert "No: …" in told
    assert [each for each in secrets if each in told] == []
