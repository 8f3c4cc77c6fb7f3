"""Forged id_tokens: what Microsoft said, changed and signed by somebody else."""

import base64
import hmac
import json
from collections.abc import Callable
from typing import Any

from joserfc import jws, jwt
from joserfc.jwk import RSAKey

from tests.microsoft.signed import KEY, keys
from tests.relay import Answer, Relay

STRANGER = RSAKey.generate_key(2048, {"kid": "k1"})  # as if it were the other
Claims = dict[str, Any]
Sign = Callable[[Claims], str]


def forge(between: Relay, sign: Sign, **changed: Any) -> None:
    """Let a sign-in end with these claims, None left out; only `KEY` is published."""
    between.instead["keys"] = (200, keys(KEY))

    def edit(answer: Answer) -> Answer:
        claims = _claims(answer["id_token"]) | changed
        whole = {name: value for name, value in claims.items() if value is not None}
        return answer | {"id_token": sign(whole)}

    between.edit = edit


def soundly(claims: Claims) -> str:
    return jwt.encode({"alg": "RS256", "kid": KEY.kid}, claims, KEY)


def with_another_key(claims: Claims) -> str:
    return jwt.encode({"alg": "RS256", "kid": KEY.kid}, claims, STRANGER)


def with_an_unknown_key(claims: Claims) -> str:
    return jwt.encode({"alg": "RS256", "kid": "nobody's"}, claims, STRANGER)


def with_a_key_of_its_own(claims: Claims) -> str:
    own = STRANGER.as_dict(private=False)
    header = {"alg": "RS256", "kid": KEY.kid, "jwk": own}
    return _compact(header, claims, STRANGER)


def with_the_address_of_a_key(claims: Claims) -> str:
    header = {"alg": "RS256", "kid": KEY.kid, "jku": "http://127.0.0.1:1/keys"}
    return _compact(header, claims, STRANGER)


def not_at_all(claims: Claims) -> str:
    return f"{_part({'alg': 'none', 'kid': KEY.kid})}.{_part(claims)}."


def with_the_public_key_as_a_secret(claims: Claims) -> str:
    begun = f"{_part({'alg': 'HS256', 'kid': KEY.kid})}.{_part(claims)}"
    mac = hmac.digest(KEY.as_pem(private=False), begun.encode(), "sha256")
    return f"{begun}.{_spelled(mac)}"


def with_another_algorithm(claims: Claims) -> str:
    return _compact({"alg": "PS256", "kid": KEY.kid}, claims, KEY)


def by_bending_it_afterwards(claims: Claims) -> str:
    head, _, signature = soundly(claims).split(".")
    return f"{head}.{_part(claims | {'oid': 'somebody else'})}.{signature}"


def _compact(header: Claims, claims: Claims, key: Any) -> str:
    return jws.serialize_compact(
        header,
        json.dumps(claims),
        key,
        registry=jws.JWSRegistry(algorithms=[header["alg"]], strict_check_header=False),
    )


def _claims(id_token: str) -> Claims:
    middle = id_token.split(".")[1]
    found: Claims = json.loads(base64.urlsafe_b64decode(f"{middle}=="))
    return found


def _part(claims: Claims) -> str:
    return _spelled(json.dumps(claims).encode())


def _spelled(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
