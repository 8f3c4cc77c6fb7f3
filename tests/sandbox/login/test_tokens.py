"""Codes at the token endpoint, and Entra's refusal for each case."""

import hashlib
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from portal.sandbox.seeds import ADMIN as ANN
from portal.sandbox.seeds import CLIENT_ID, CONTOSO, FABRIKAM
from tests.sandbox.serving import Sandbox
from tests.sandbox.walking import (
    ADMIN,
    EVERYTHING,
    SCOPE,
    claims_of,
    code,
    redeem,
    refusal,
    renew,
    send,
    tokens,
)

VERIFIER = "a-verifier-of-at-least-forty-three-characters-0"
CHALLENGE = (
    urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
)


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


def test_a_consent_is_not_visible_at_once(sandbox: Sandbox) -> None:
    early = code(sandbox)
    sandbox.fault("consent-lag", after_seconds=30)

    assert refusal(redeem(sandbox, early)) == (400, "invalid_grant", 65001)
    with time_machine.travel(timedelta(seconds=31)):
        assert redeem(sandbox, early).ok


def test_a_permission_is_not_known_everywhere_at_once(sandbox: Sandbox) -> None:
    sandbox.fault("permission-lag", after_seconds=30)
    early = tokens(sandbox)

    assert "Mail.Send" in early["scope"]
    with time_machine.travel(timedelta(seconds=31)):
        late = renew(sandbox, early["refresh_token"]).json()
        sent = [send(sandbox, each["access_token"]) for each in (early, late)]
        assert [each.status_code for each in sent] == [403, 202]


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
