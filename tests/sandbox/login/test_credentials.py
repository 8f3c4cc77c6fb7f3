"""The application's own credentials and tokens."""

import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry

from portal.sandbox.seeds import CLIENT_ID, CLIENT_SECRET, CONTOSO, TENANT_ID
from tests.sandbox.identity import Identity, identity_of
from tests.sandbox.serving import CALLBACK, Sandbox, serve
from tests.sandbox.walking import (
    approval_url,
    ask_token,
    code,
    redeem,
    refusal,
    renew,
    tokens,
)

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
DEFAULT = "https://graph.microsoft.com/.default"


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


@pytest.fixture(scope="module")
def identity() -> Identity:
    """Make the certificate of the application."""
    return identity_of("Mail Portal")


@pytest.fixture(scope="module")
def certified(identity: Identity) -> Iterator[Sandbox]:
    """Serve a sandbox that knows the application's certificate."""
    with serve(certificate=identity.certificate) as sandbox:
        yield sandbox


def assertion(
    sandbox: Sandbox, identity: Identity, header: dict[str, Any], **claims: Any
) -> str:
    """Return a client assertion; claims replace the right ones."""
    now = int(time.time())
    whole = {
        "aud": f"{sandbox.url}/{TENANT_ID}/oauth2/v2.0/token",
        "iss": CLIENT_ID,
        "sub": CLIENT_ID,
        "jti": str(uuid4()),
        "iat": now,
        "nbf": now,
        "exp": now + 600,
        **claims,
    }
    registry = JWSRegistry(
        algorithms=["PS256", "RS256", "RS512"], strict_check_header=False
    )
    key = RSAKey.import_key(identity.key)
    return jwt.encode(header, whole, key, registry=registry)


def modern(identity: Identity) -> dict[str, Any]:
    """Return the header that is documented now."""
    thumbprint = urlsafe_b64encode(identity.sha256).rstrip(b"=").decode()
    return {"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint}


def older(identity: Identity) -> dict[str, Any]:
    """Return the header of older pages."""
    thumbprint = urlsafe_b64encode(identity.sha1).rstrip(b"=").decode()
    return {"alg": "RS256", "typ": "JWT", "x5t": thumbprint}


def present(sandbox: Sandbox, text: str, **form: Any) -> requests.Response:
    """Ask for an application token with an assertion."""
    whole: dict[str, Any] = {
        "client_secret": None,
        "grant_type": "client_credentials",
        "scope": DEFAULT,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": text,
        **form,
    }
    return ask_token(sandbox, **whole)


@pytest.mark.parametrize("header", [modern, older])
def test_an_assertion_proves_the_application(
    certified: Sandbox,
    identity: Identity,
    header: Callable[[Identity], dict[str, Any]],
) -> None:
    text = assertion(certified, identity, header(identity))

    assert present(certified, text).ok


@pytest.mark.parametrize(
    ("number", "change"),
    [
        (700023, {"aud": "https://login.microsoftonline.com/x/oauth2/v2.0/token"}),
        (700021, {"iss": "somebody else"}),
        (700021, {"sub": "somebody else"}),
        (700024, {"exp": 1_000_000_000}),
        (700024, {"nbf": 4_000_000_000}),
    ],
)
def test_an_assertion_with_a_wrong_claim_is_refused(
    certified: Sandbox, identity: Identity, number: int, change: dict[str, Any]
) -> None:
    text = assertion(certified, identity, modern(identity), **change)

    assert refusal(present(certified, text)) == (401, "invalid_client", number)


@pytest.mark.parametrize(
    ("number", "change"),
    [
        (5002727, {"typ": "at+jwt"}),
        (700027, {"x5t#S256": "AAAA"}),
        (700027, {"alg": "RS512"}),
    ],
)
def test_an_assertion_with_a_wrong_header_is_refused(
    certified: Sandbox, identity: Identity, number: int, change: dict[str, Any]
) -> None:
    text = assertion(certified, identity, modern(identity) | change)

    assert refusal(present(certified, text)) == (401, "invalid_client", number)


def test_ps256_does_not_go_with_the_old_thumbprint(
    certified: Sandbox, identity: Identity
) -> None:
    text = assertion(certified, identity, older(identity) | {"alg": "PS256"})

    assert refusal(present(certified, text)) == (401, "invalid_client", 700027)


@pytest.mark.parametrize("thumbprint", ["", "AAAA"])
def test_rs256_goes_with_its_own_thumbprint_alone(
    certified: Sandbox, identity: Identity, thumbprint: str
) -> None:
    text = assertion(certified, identity, older(identity) | {"x5t": thumbprint})

    assert refusal(present(certified, text)) == (401, "invalid_client", 700027)


def test_a_thumbprint_of_the_hex_text_is_wrong(
    certified: Sandbox, identity: Identity
) -> None:
    hexed = urlsafe_b64encode(identity.sha256.hex().encode()).decode()

    text = assertion(certified, identity, modern(identity) | {"x5t#S256": hexed})

    assert refusal(present(certified, text)) == (401, "invalid_client", 700027)


def test_another_key_proves_nothing(certified: Sandbox, identity: Identity) -> None:
    stranger = identity_of("Mail Portal")
    text = assertion(certified, stranger, modern(identity))

    assert refusal(present(certified, text)) == (401, "invalid_client", 700027)


def test_an_assertion_says_what_it_is(certified: Sandbox, identity: Identity) -> None:
    text = assertion(certified, identity, modern(identity))

    answer = present(certified, text, client_assertion_type="jwt")

    assert refusal(answer) == (400, "invalid_request", 90023)


def test_a_person_signs_in_to_an_application_with_a_certificate(
    certified: Sandbox, identity: Identity
) -> None:
    signed_in = code(certified)
    text = assertion(certified, identity, modern(identity))

    answer = redeem(
        certified,
        signed_in,
        client_secret=None,
        client_assertion_type=ASSERTION_TYPE,
        client_assertion=text,
    )

    assert answer.ok, answer.text
