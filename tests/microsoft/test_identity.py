"""Whom an id_token names, and every way in which it may not prove it."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from portal import clock
from portal.explanations import Explanation
from portal.explanations.own import identity as why
from portal.issuer.identity import Identity
from portal.issuer.refusals import IdentityRefused
from portal.microsoft import identity
from portal.microsoft.login import Registration
from portal.sandbox.seeds import CLIENT_ID
from tests.conftest import Passing
from tests.microsoft.cast import NONCE, registration
from tests.microsoft.scripted import Server, reply
from tests.microsoft.signed import (
    ISSUER,
    KEY,
    TENANT,
    claims,
    discovery,
    keys,
    publish,
    token,
)

ELSEWHERE = "fab21ca0-5a1d-4b0c-9c0d-000000000002"
ROLLED = RSAKey.generate_key(2048, {"kid": "k2"})
STRANGERS = RSAKey.generate_key(2048, {"kid": "k1"})
UNNAMED = jwt.encode({"alg": "RS256"}, claims(), KEY)  # tells not by which key


@pytest.fixture
def app(login_url: str) -> Registration:
    return registration(login_url, tenant=TENANT)


def test_a_sound_token_names_somebody(server: Server, app: Registration) -> None:
    publish(server, KEY)

    who = identity.identify(app, token(), NONCE)

    assert who == Identity(
        tid=TENANT,
        oid="0a000000-5a1d-4b0c-9c0d-000000000011",
        issuer=ISSUER,
        username="ann@contoso.example",
        email="",
        name="Ann",
    )


@pytest.mark.parametrize(
    ("told", "understood"),
    [
        (["Portal.Admin", "Reader"], {"Portal.Admin", "Reader"}),
        (["Portal.Admin", 7, None, "", "\0", ["Portal.Admin"]], {"Portal.Admin"}),
        ("Portal.Admin", set()),
        ({"Portal.Admin": 1}, set()),
        (None, set()),
    ],
)
def test_roles_are_a_list_of_names_or_none(
    server: Server, app: Registration, told: Any, understood: set[str]
) -> None:
    publish(server, KEY)

    assert identity.identify(app, token(roles=told), NONCE).roles == understood


@pytest.mark.parametrize("name", ["ann\0", "\n", "ann\u200b@x", ["ann"], 7, None])
def test_a_name_that_no_page_could_show_is_none(
    server: Server, app: Registration, name: Any
) -> None:
    publish(server, KEY)

    who = identity.identify(app, token(preferred_username=name, email=name), NONCE)

    assert (who.username, who.email) == ("", "")


@pytest.mark.parametrize(
    ("told", "called"),
    [
        ({"email": "a@x.example"}, "ann@contoso.example"),
        ({"email": "a@x.example", "preferred_username": None}, "a@x.example"),
        ({"preferred_username": None}, "“Ann”"),
        ({"preferred_username": None, "name": "b@x.example"}, "“b@x.example”"),
        ({"preferred_username": None, "name": "a\u202eb", "oid": "7"}, "7"),
        ({"preferred_username": None, "name": None, "oid": "7"}, "7"),
    ],
)
def test_somebody_is_called_by_the_surest_name_that_is_told(
    server: Server, app: Registration, told: dict[str, Any], called: str
) -> None:
    publish(server, KEY)

    assert identity.identify(app, token(**told), NONCE).called == called


@pytest.mark.parametrize(
    ("changed", "row"),
    [
        ({"tid": "9188040d-6c67-4c5b-b112-36a304b66dad"}, why.PRIVATE_ACCOUNT),
        ({"tid": ELSEWHERE}, why.OTHER_ORGANIZATION),
        ({"tid": None}, why.OTHER_ORGANIZATION),
        ({"idp": f"https://sts.windows.net/{ELSEWHERE}/"}, why.GUEST),
        ({"idp": "live.com"}, why.GUEST),
        ({"acct": 1}, why.GUEST),
        ({"iss": f"https://login.example/{ELSEWHERE}/v2.0"}, why.FROM_ELSEWHERE),
        ({"iss": None}, why.FROM_ELSEWHERE),
        ({"aud": "another"}, why.OTHER_APPLICATION),
        ({"aud": [CLIENT_ID, "another"]}, why.OTHER_APPLICATION),
        ({"nonce": "another"}, why.OTHER_REQUEST),
        ({"nonce": None}, why.OTHER_REQUEST),
        ({"exp": timedelta(minutes=-6)}, why.OUT_OF_TIME),
        ({"exp": None}, why.OUT_OF_TIME),
        ({"exp": "soon"}, why.OUT_OF_TIME),
        ({"nbf": timedelta(minutes=60)}, why.OUT_OF_TIME),
        ({"iat": timedelta(minutes=60)}, why.OUT_OF_TIME),
        ({"oid": None}, why.NAMELESS),
        ({"oid": ["a"]}, why.NAMELESS),
        ({"oid": "a\0"}, why.NAMELESS),
    ],
)
def test_every_doubt_is_a_refusal(
    server: Server, app: Registration, changed: dict[str, Any], row: Explanation
) -> None:
    publish(server, KEY)

    with pytest.raises(IdentityRefused) as refused:
        identity.identify(app, token(**changed), NONCE)

    assert refused.value.cause == row.name


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": timedelta(minutes=-4)},
        {"nbf": timedelta(minutes=4)},
        {"idp": f"https://sts.windows.net/{TENANT}/"},
        {"idp": ISSUER},
        {"tid": TENANT.upper()},
        {"acct": 0},
        {"aud": CLIENT_ID.upper()},
        {"aud": [CLIENT_ID]},
    ],
)
def test_a_little_is_forgiven(
    server: Server, app: Registration, changed: dict[str, Any]
) -> None:
    publish(server, KEY)

    assert identity.identify(app, token(**changed), NONCE).tid == TENANT


def with_header(**header: str) -> str:
    """Return a sound token under another header, unsigned."""
    head = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    return f"{head}.{token().split('.')[1]}."


def signed_with_the_public_key() -> str:
    """Sign with what everybody knows, as if it were a shared secret."""
    key = OctKey.import_key(KEY.as_pem(private=False).decode().strip("-"))
    header = {"alg": "HS256", "kid": "k1"}
    return jwt.encode(header, claims(), key)


def altered() -> str:
    head, _, signature = token().split(".")
    _, body, _ = token(oid="somebody else").split(".")
    return f"{head}.{body}.{signature}"


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "a.b.c",
        "no token at all",
        "é",
        with_header(alg="RS256", kid="k1"),
        with_header(alg="none", kid="k1"),
        with_header(kid="k1"),
        signed_with_the_public_key(),
        altered(),
        token(STRANGERS),
        jwt.encode({"alg": "PS256", "kid": "k1"}, claims(), KEY, ["PS256"]),
        jwt.encode({"alg": "RS256"}, claims(), STRANGERS),
    ],
)
def test_a_forged_token_names_nobody(
    server: Server, app: Registration, forged: str
) -> None:
    publish(server, KEY)
    server.will(reply(200, keys(KEY)))

    with pytest.raises(IdentityRefused) as refused:
        identity.identify(app, forged, NONCE)

    assert refused.value.cause == why.UNSIGNED.name


def test_a_token_need_not_name_the_only_key(server: Server, app: Registration) -> None:
    publish(server, KEY)

    assert identity.identify(app, UNNAMED, NONCE).tid == TENANT


def test_a_token_has_to_name_one_key_of_several(
    server: Server, app: Registration
) -> None:
    publish(server, KEY, ROLLED)
    server.will(reply(200, keys(KEY, ROLLED)))

    with pytest.raises(IdentityRefused):
        identity.identify(app, UNNAMED, NONCE)


def test_keys_are_fetched_again_when_they_have_rolled(
    server: Server, app: Registration
) -> None:
    publish(server, KEY)
    server.will(reply(200, keys(KEY, ROLLED)))

    identity.identify(app, token(), NONCE)
    identity.identify(app, token(ROLLED), NONCE)

    assert len(server.requests) == 3


def test_a_key_may_be_replaced_under_its_id(server: Server, app: Registration) -> None:
    publish(server, STRANGERS)
    server.will(reply(200, keys(KEY)))

    assert identity.identify(app, token(), NONCE).tid == TENANT


@pytest.mark.parametrize("forged", [token(STRANGERS), token(ROLLED)])
def test_a_forger_has_keys_fetched_once_a_minute(
    server: Server, app: Registration, passes: Passing, forged: str
) -> None:
    publish(server, KEY)
    server.will(*[reply(200, keys(KEY))] * 2)

    for minutes in (0, 0, 0.9, 0.2):
        passes(minutes=minutes)
        with pytest.raises(IdentityRefused):
            identity.identify(app, forged, NONCE)

    assert len(server.requests) == 4


def test_keys_are_fetched_again_after_a_day(
    server: Server, app: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(server, KEY)
    publish(server, KEY)
    tomorrow = clock.now() + timedelta(hours=25)

    identity.identify(app, token(), NONCE)
    identity.identify(app, token(), NONCE)
    monkeypatch.setattr(clock, "now", lambda: tomorrow)
    identity.identify(app, token(), NONCE)

    assert len(server.requests) == 4


@pytest.mark.timeout(10)
def test_a_private_part_of_a_key_is_not_computed_with(
    server: Server, app: Registration
) -> None:
    endless = KEY.as_dict(private=False) | {"d": "x" * 500_000}
    server.will(reply(200, discovery()))
    server.will(reply(200, json.dumps({"keys": [endless]}).encode()))

    assert identity.identify(app, token(), NONCE).name == "Ann"
