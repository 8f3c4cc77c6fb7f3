"""The token endpoint: what it gives, and Entra's refusal for each case."""

import hashlib
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
import requests
import time_machine
from joserfc import jwt
from joserfc.jwk import KeySet

from portal.sandbox.seeds import ADMIN as ANN
from portal.sandbox.seeds import CLIENT_ID, CLIENT_SECRET, CONTOSO, FABRIKAM
from tests.sandbox.serving import CALLBACK, Sandbox
from tests.sandbox.walking import (
    ADMIN,
    ALEX,
    EVERYTHING,
    REPORTS,
    SCOPE,
    approval_url,
    ask_token,
    code,
    redeem,
    renew,
    send,
    tokens,
)

VERIFIER = "a-verifier-of-at-least-forty-three-characters-0"
CHALLENGE = (
    urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
)
DEFAULT = "https://graph.microsoft.com/.default"


def refusal(answer: requests.Response) -> tuple[int, str, int]:
    """Return status, OAuth error and AADSTS number."""
    body = answer.json()
    return answer.status_code, body["error"], body["error_codes"][0]


def claims_of(sandbox: Sandbox, id_token: str) -> dict[str, Any]:
    """Verify an id_token with the published keys and return its claims."""
    base = f"{sandbox.url}/{CONTOSO.id}"
    found = sandbox.session.get(
        f"{base}/v2.0/.well-known/openid-configuration", timeout=9
    ).json()
    keys = KeySet.import_key_set(
        sandbox.session.get(found["jwks_uri"], timeout=9).json()
    )
    claims = jwt.decode(id_token, keys, algorithms=["RS256"]).claims
    assert claims["iss"] == found["issuer"]
    return claims


def test_a_code_yields_everything_that_was_asked_for(sandbox: Sandbox) -> None:
    answer = tokens(sandbox, ADMIN, SCOPE)

    assert answer["token_type"] == "Bearer"
    assert 3000 < answer["expires_in"] <= answer["ext_expires_in"] < 5400
    assert set(SCOPE.split()) - {"offline_access"} <= set(answer["scope"].split())
    assert answer["refresh_token"]


def test_the_id_token_says_who_signed_in(sandbox: Sandbox) -> None:
    answer = redeem(sandbox, code(sandbox, nonce="n1")).json()

    claims = claims_of(sandbox, answer["id_token"])

    assert claims["aud"] == CLIENT_ID
    assert (claims["tid"], claims["oid"]) == (CONTOSO.id, ANN.oid)
    assert (claims["preferred_username"], claims["email"]) == (ADMIN, ADMIN)
    assert (claims["nonce"], claims["ver"]) == ("n1", "2.0")
    assert claims["nbf"] <= claims["iat"] < claims["exp"]


def test_the_scope_decides_what_there_is(sandbox: Sandbox) -> None:
    only_openid = tokens(sandbox, ADMIN, "openid Mail.Send")
    nothing = tokens(sandbox, ADMIN, "Mail.Send")

    assert "oid" not in claims_of(sandbox, only_openid["id_token"])
    assert "refresh_token" not in only_openid
    assert "id_token" not in nothing


def test_the_echo_holds_more_than_was_asked_in_the_form_asked(
    fresh: Sandbox,
) -> None:
    tokens(fresh, ADMIN, EVERYTHING)

    short = tokens(fresh, ADMIN, "Mail.Send")["scope"]
    full = tokens(fresh, ADMIN, "https://graph.microsoft.com/mail.send")["scope"]

    assert "Mail.ReadWrite" in short.split()
    assert "https://graph.microsoft.com/Mail.ReadWrite" in full.split()


def test_client_info_comes_when_asked_for(sandbox: Sandbox) -> None:
    answer = redeem(sandbox, code(sandbox), client_info="1").json()

    info = json.loads(urlsafe_b64decode(answer["client_info"] + "=="))
    assert info == {"uid": ANN.oid, "utid": CONTOSO.id}


def test_a_code_works_once(sandbox: Sandbox) -> None:
    used = code(sandbox)
    assert redeem(sandbox, used).ok

    assert refusal(redeem(sandbox, used)) == (400, "invalid_grant", 54005)


def test_a_code_lives_ten_minutes(sandbox: Sandbox) -> None:
    old = code(sandbox)

    with time_machine.travel(timedelta(minutes=11)):
        answer = redeem(sandbox, old)

    assert refusal(answer) == (400, "invalid_grant", 70008)


@pytest.mark.parametrize(
    ("expected", "form"),
    [
        ((400, "invalid_request", 900144), {"code": ""}),
        ((400, "invalid_request", 900144), {"redirect_uri": None}),
        ((400, "invalid_grant", 70000), {"code": "made up"}),
        ((401, "invalid_client", 50011), {"redirect_uri": "http://localhost/other"}),
        ((400, "invalid_grant", 700005), {"tenant": CONTOSO.domain}),
        ((400, "invalid_request", 28003), {"scope": " "}),
        ((400, "invalid_scope", 70011), {"scope": "Mail.Sned"}),
        ((400, "invalid_request", 50194), {"tenant": "common"}),
        ((400, "invalid_request", 90002), {"tenant": "nowhere.example"}),
        ((400, "unauthorized_client", 700016), {"tenant": FABRIKAM.id}),
        ((400, "unauthorized_client", 700016), {"client_id": "nobody"}),
        ((400, "invalid_request", 900144), {"client_id": None}),
        ((400, "invalid_request", 900144), {"grant_type": None}),
        ((400, "unsupported_grant_type", 70003), {"grant_type": "password"}),
        ((401, "invalid_client", 7000215), {"client_secret": "wrong"}),
        ((401, "invalid_client", 7000218), {"client_secret": None}),
    ],
)
def test_a_redemption_is_refused(
    sandbox: Sandbox, expected: tuple[int, str, int], form: dict[str, Any]
) -> None:
    answer = redeem(sandbox, **({"code": code(sandbox)} | form))

    assert refusal(answer) == expected


def test_a_refusal_has_the_shape_of_entras(sandbox: Sandbox) -> None:
    body = redeem(sandbox, "made up").json()

    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", body["timestamp"])
    first, trace, correlation, stamp = body["error_description"].split("\r\n")
    assert first.startswith("AADSTS70000: ")
    assert trace == f"Trace ID: {body['trace_id']}"
    assert correlation == f"Correlation ID: {body['correlation_id']}"
    assert stamp == f"Timestamp: {body['timestamp']}"


@pytest.mark.parametrize(
    ("number", "verifier"), [(50148, None), (501481, "x" * 43), (None, VERIFIER)]
)
def test_a_code_with_a_challenge_wants_its_verifier(
    sandbox: Sandbox, number: int | None, verifier: str | None
) -> None:
    asked = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}

    answer = redeem(sandbox, code(sandbox, **asked), code_verifier=verifier)

    assert answer.json().get("error_codes", [None])[0] == number


def test_a_challenge_without_method_is_plain(sandbox: Sandbox) -> None:
    asked = code(sandbox, code_challenge=VERIFIER)

    assert redeem(sandbox, asked, code_verifier=VERIFIER).ok


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


def test_the_application_gets_a_token_without_scope_or_refresh(
    sandbox: Sandbox,
) -> None:
    sandbox.sign_in(None, approval_url(sandbox))

    answer = ask_token(sandbox, grant_type="client_credentials", scope=DEFAULT).json()

    assert set(answer) == {
        "token_type",
        "expires_in",
        "ext_expires_in",
        "access_token",
    }


@pytest.mark.parametrize(
    ("expected", "form"),
    [
        ((400, "invalid_request", 900144), {"scope": None}),
        ((400, "invalid_scope", 70011), {"scope": "Mail.Send"}),
        ((400, "invalid_request", 50059), {"tenant": "common"}),
    ],
)
def test_an_application_token_is_refused(
    sandbox: Sandbox, expected: tuple[int, str, int], form: dict[str, Any]
) -> None:
    whole = {"grant_type": "client_credentials", "scope": DEFAULT} | form

    assert refusal(ask_token(sandbox, **whole)) == expected


def test_the_secret_may_come_in_a_basic_header(sandbox: Sandbox) -> None:
    quoted = quote(CLIENT_SECRET, safe="")
    answer = sandbox.session.post(
        f"{sandbox.url}/{CONTOSO.id}/oauth2/v2.0/token",
        data={"grant_type": "client_credentials", "scope": DEFAULT},
        auth=(CLIENT_ID, quoted),
        timeout=9,
    )

    assert answer.ok, answer.text


def test_a_request_from_a_web_page_is_refused(sandbox: Sandbox) -> None:
    answer = sandbox.session.post(
        f"{sandbox.url}/{CONTOSO.id}/oauth2/v2.0/token",
        data={
            "grant_type": "authorization_code",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "redirect_uri": CALLBACK,
        },
        headers={"Origin": "http://localhost:5000"},
        timeout=9,
    )

    assert refusal(answer) == (400, "invalid_request", 9002326)


def test_an_expired_secret_is_the_operators(sandbox: Sandbox) -> None:
    old = tokens(sandbox)["refresh_token"]
    sandbox.fault("secret-expired", times=None)

    assert refusal(renew(sandbox, old)) == (401, "invalid_client", 7000222)
    sandbox.clear()
    assert renew(sandbox, old).ok


def test_no_tokens_for_a_while(sandbox: Sandbox) -> None:
    old = tokens(sandbox)["refresh_token"]
    sandbox.fault("token-down", after_seconds=3)

    answer = renew(sandbox, old)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "3")
    assert renew(sandbox, old).ok


def test_a_consent_is_not_visible_at_once(sandbox: Sandbox) -> None:
    early = code(sandbox)
    sandbox.fault("consent-lag", after_seconds=30)

    assert refusal(redeem(sandbox, early)) == (400, "invalid_grant", 65001)
    with time_machine.travel(timedelta(seconds=31)):
        assert redeem(sandbox, early).ok


def test_the_shared_tenants_name_the_issuer_by_a_template(sandbox: Sandbox) -> None:
    for name in ("common", "organizations"):
        found = sandbox.session.get(
            f"{sandbox.url}/{name}/v2.0/.well-known/openid-configuration", timeout=9
        ).json()

        assert found["issuer"] == f"{sandbox.url}/{{tenantid}}/v2.0"
        assert found["token_endpoint"] == f"{sandbox.url}/{name}/oauth2/v2.0/token"


def test_an_unknown_tenant_has_no_discovery(sandbox: Sandbox) -> None:
    answer = sandbox.session.get(
        f"{sandbox.url}/nowhere.example/v2.0/.well-known/openid-configuration",
        timeout=9,
    )

    assert refusal(answer) == (400, "invalid_request", 90002)
