"""Whom Google's id_token names, and every way in which it may not prove it."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from portal import clock
from portal.explanations import Explanation
from portal.explanations.google import sign_in
from portal.explanations.own import identity as why
from portal.google import identity
from portal.google.login import Client
from portal.issuer.identity import Identity
from portal.issuer.refusals import IdentityRefused, Unreachable
from tests.microsoft.scripted import Server, reply, serve

GOOGLE = "https://accounts.google.com"
KEY = RSAKey.generate_key(2048, {"kid": "k1"})
STRANGERS = RSAKey.generate_key(2048, {"kid": "k1"})


@pytest.fixture
def server() -> Iterator[Server]:
    """Serve a Google that says what it is told."""
    with serve() as served:
        yield served


@pytest.fixture
def client(server: Server) -> Client:
    return Client(
        client_id="ours", secret="x", url=server.url, redirect_uri="http://x/callback"
    )


def publish(server: Server) -> None:
    document = {"issuer": GOOGLE, "jwks_uri": f"{server.url}/certs"}
    published = {"keys": [KEY.as_dict(private=False)]}
    for told in (document, published):
        server.will(reply(200, json.dumps(told).encode()))


def token(key: RSAKey = KEY, **changed: Any) -> str:
    now = int(clock.now().timestamp())
    claims = {
        "iss": GOOGLE,
        "aud": "ours",
        "sub": "1031",
        "hd": "northwind.example",
        "email": "dana@northwind.example",
        "email_verified": True,
        "nonce": "n",
        "iat": now,
        "exp": now + 3600,
        **changed,
    }
    told = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": "RS256", "kid": key.kid}, told, key)


def ago(**duration: float) -> int:
    return int((clock.now() - timedelta(**duration)).timestamp())


@pytest.mark.parametrize("issuer", [GOOGLE, "accounts.google.com"])
def test_a_sound_token_names_somebody(
    server: Server, client: Client, issuer: str
) -> None:
    publish(server)

    who = identity.identify(client, token(iss=issuer), "n")

    assert who == Identity(
        tid="northwind.example",
        oid="1031",
        issuer=issuer,
        username="dana@northwind.example",
        email="dana@northwind.example",
        name="",
    )


@pytest.mark.parametrize(
    ("changed", "row"),
    [
        ({"iss": "https://mallory.example"}, why.FROM_ELSEWHERE),
        ({"iss": None}, why.FROM_ELSEWHERE),
        ({"aud": "another"}, why.OTHER_APPLICATION),
        ({"aud": ["ours", "another"]}, why.OTHER_APPLICATION),
        ({"nonce": "m"}, why.OTHER_REQUEST),
        ({"nonce": None}, why.OTHER_REQUEST),
        ({"exp": ago(minutes=6)}, why.OUT_OF_TIME),
        ({"exp": None}, why.OUT_OF_TIME),
        ({"email_verified": False}, sign_in.NAMELESS),
        ({"email": None}, sign_in.NAMELESS),
        ({"sub": None}, sign_in.NAMELESS),
        ({"hd": None}, sign_in.PERSONAL),
        ({"hd": ""}, sign_in.PERSONAL),
        ({"key": STRANGERS}, why.UNSIGNED),
    ],
)
def test_what_does_not_prove_it_is_refused(
    server: Server, client: Client, changed: dict[str, Any], row: Explanation
) -> None:
    publish(server)
    publish(server)

    with pytest.raises(IdentityRefused) as refused:
        identity.identify(client, token(**changed), "n")

    assert refused.value.cause == row.name


def test_an_organization_vouches_for_addresses_of_all_its_domains(
    server: Server, client: Client
) -> None:
    publish(server)

    who = identity.identify(client, token(email="dana@northwind-shop.example"), "n")

    assert (who.tid, who.email) == ("northwind.example", "dana@northwind-shop.example")


def test_a_callback_may_bear_googles_name_or_none(
    server: Server, client: Client
) -> None:
    publish(server)

    told = ["", GOOGLE, "https://login.microsoftonline.com"]

    assert [identity.calls_itself(client, name) for name in told] == [True, True, False]


def test_keys_are_taken_from_no_address_that_is_less_safe(
    server: Server, client: Client
) -> None:
    document = {"issuer": GOOGLE, "jwks_uri": "file:///etc/passwd"}
    server.will(reply(200, json.dumps(document).encode()))

    with pytest.raises(Unreachable):
        identity.identify(client, token(), "n")
