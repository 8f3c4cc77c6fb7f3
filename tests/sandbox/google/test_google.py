"""Google, played: who is sent back with what, and which tokens that becomes."""

import pytest
import requests

from portal.sandbox.google.people import MAIL
from tests.sandbox.google.signing import (
    CLIENT,
    OFFLINE,
    ask,
    asked,
    redeem,
    signed_in,
    tokens,
)
from tests.sandbox.serving import CALLBACK, Sandbox


def refresh(sandbox: Sandbox, token: str) -> requests.Response:
    return ask(sandbox, grant_type="refresh_token", refresh_token=token, **CLIENT)


def test_discovery_says_where_everything_is(sandbox: Sandbox) -> None:
    told = sandbox.session.get(
        f"{sandbox.url}/google/.well-known/openid-configuration", timeout=20
    ).json()

    keys = sandbox.session.get(told["jwks_uri"], timeout=20).json()["keys"]
    assert told["issuer"] == f"{sandbox.url}/google"
    assert [each["alg"] for each in keys] == ["RS256"]


def test_a_code_becomes_tokens_spelled_as_google_does(sandbox: Sandbox) -> None:
    answer = tokens(sandbox, **OFFLINE)

    scopes = {MAIL, "openid", "https://www.googleapis.com/auth/userinfo.email"}
    assert set(answer["scope"].split()) == scopes
    assert answer["access_token"].startswith("ya29.")
    assert answer["refresh_token"].startswith("1//")


@pytest.mark.parametrize("more", [{}, {"access_type": "online", "prompt": "consent"}])
def test_only_who_asks_for_it_gets_lasting_access(
    sandbox: Sandbox, more: dict[str, str]
) -> None:
    assert "refresh_token" not in tokens(sandbox, **more)


def test_without_a_consent_there_is_no_second_refresh_token(sandbox: Sandbox) -> None:
    tokens(sandbox, **OFFLINE)

    assert "refresh_token" not in tokens(sandbox, access_type="offline")


def test_a_refresh_token_stays_until_it_is_revoked(sandbox: Sandbox) -> None:
    lasting = tokens(sandbox, **OFFLINE)["refresh_token"]
    renewed = refresh(sandbox, lasting).json()
    sandbox.session.post(
        f"{sandbox.url}/google/revoke", data={"token": lasting}, timeout=20
    ).raise_for_status()

    over = refresh(sandbox, lasting)

    assert renewed["expires_in"] == 3599
    assert "refresh_token" not in renewed
    assert (over.status_code, over.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("more", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"redirect_uri": CALLBACK}, 400, "redirect_uri_mismatch"),
        ({"code_verifier": "w" * 50}, 400, "invalid_grant"),
        ({"code_verifier": ""}, 400, "invalid_grant"),
        ({"code": "4/forged"}, 400, "invalid_grant"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_what_is_not_as_it_was_asked_for_is_refused(
    sandbox: Sandbox, more: dict[str, str], status: int, error: str
) -> None:
    code = signed_in(sandbox, **OFFLINE)["code"]

    refused = redeem(sandbox, **{"code": code, **more})

    assert (refused.status_code, refused.json()["error"]) == (status, error)


def test_a_code_serves_once(sandbox: Sandbox) -> None:
    code = signed_in(sandbox, **OFFLINE)["code"]
    first = redeem(sandbox, code)

    assert first.ok
    assert redeem(sandbox, code).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"client_id": "nobody"}, "invalid_client"),
        ({"redirect_uri": "https://mallory.example/"}, "redirect_uri_mismatch"),
        ({"scope": "offline_access"}, "invalid_scope"),
        ({"prompt": "login"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
    ],
)
def test_what_google_does_not_know_sends_nobody_back(
    sandbox: Sandbox, more: dict[str, str], error: str
) -> None:
    page = sandbox.session.get(
        asked(sandbox, **more), timeout=20, allow_redirects=False
    )

    assert page.status_code in (400, 401)
    assert error in page.text


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("cancel", "access_denied"),
        ("admin_policy_enforced", "admin_policy_enforced"),
    ],
)
def test_who_does_not_allow_it_says_so(
    sandbox: Sandbox, answer: str, error: str
) -> None:
    brought = signed_in(sandbox, answer, **OFFLINE)

    assert brought == {"error": error, "state": "s"}


def test_mail_can_be_left_out(sandbox: Sandbox) -> None:
    code = signed_in(sandbox, "less", **OFFLINE)["code"]

    assert MAIL not in redeem(sandbox, code).json()["scope"]
