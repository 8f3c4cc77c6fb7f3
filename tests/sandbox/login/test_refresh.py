"""Refresh tokens: how they renew, and how they end."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from tests.sandbox.serving import Sandbox
from tests.sandbox.walking import (
    ADMIN,
    ALEX,
    EVERYTHING,
    REPORTS,
    SCOPE,
    ask_token,
    refusal,
    renew,
    send,
    tokens,
)


def test_a_refresh_gives_a_new_token_and_keeps_the_old(sandbox: Sandbox) -> None:
    old = tokens(sandbox)["refresh_token"]

    new = renew(sandbox, old).json()["refresh_token"]

    assert new != old
    assert renew(sandbox, old).ok
    assert renew(sandbox, new).ok


def test_a_refresh_reaches_what_was_consented_later(fresh: Sandbox) -> None:
    old = tokens(fresh, ADMIN, SCOPE)["refresh_token"]
    assert refusal(renew(fresh, old, scope="Mail.ReadWrite")) == (
        400,
        "invalid_grant",
        65001,
    )
    tokens(fresh, ADMIN, EVERYTHING)

    answer = renew(fresh, old, scope="Mail.ReadWrite").json()

    assert "Mail.ReadWrite" in answer["scope"].split()


def test_a_refresh_without_consent_says_so(fresh: Sandbox) -> None:
    old = tokens(fresh)["refresh_token"]
    fresh.fault("consent-lost")

    answer = renew(fresh, old)

    assert refusal(answer) == (400, "invalid_grant", 65001)
    assert answer.json()["suberror"] == "consent_required"


def test_an_unused_refresh_token_dies_after_ninety_days(sandbox: Sandbox) -> None:
    old = tokens(sandbox)["refresh_token"]

    with time_machine.travel(timedelta(days=91)):
        answer = renew(sandbox, old)

    assert refusal(answer) == (400, "invalid_grant", 700082)


@pytest.mark.parametrize(
    ("expected", "form"),
    [
        ((400, "invalid_request", 900144), {"refresh_token": None}),
        ((400, "invalid_grant", 70000), {"refresh_token": "made up"}),
    ],
)
def test_a_refresh_is_refused(
    sandbox: Sandbox, expected: tuple[int, str, int], form: dict[str, Any]
) -> None:
    answer = ask_token(sandbox, **({"grant_type": "refresh_token"} | form))

    assert refusal(answer) == expected


def test_revoked_sessions_end_ones_own_grants_only(sandbox: Sandbox) -> None:
    hers, his = tokens(sandbox, REPORTS), tokens(sandbox, ALEX)

    sandbox.fault("revoked", user=REPORTS)

    answer = renew(sandbox, hers["refresh_token"])
    assert refusal(answer) == (400, "invalid_grant", 50173)
    assert send(sandbox, hers["access_token"]).status_code == 401
    assert renew(sandbox, his["refresh_token"]).ok
    assert send(sandbox, tokens(sandbox, REPORTS)["access_token"]).ok


def test_no_tokens_for_a_while(sandbox: Sandbox) -> None:
    old = tokens(sandbox)["refresh_token"]
    sandbox.fault("token-down", after_seconds=3)

    answer = renew(sandbox, old)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "3")
    assert renew(sandbox, old).ok
