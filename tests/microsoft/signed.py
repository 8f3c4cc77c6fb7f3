"""Id_tokens as Microsoft signs them, and what it publishes to check them by."""

import json
from datetime import timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from portal import clock
from tests.microsoft.cast import NONCE
from tests.microsoft.scripted import Server, reply

TENANT = "c0270500-5a1d-4b0c-9c0d-000000000001"
ISSUER = f"https://login.example/{TENANT}/v2.0"
KEY = RSAKey.generate_key(2048, {"kid": "k1"})


def discovery(issuer: str = ISSUER, **more: Any) -> bytes:
    return json.dumps({"issuer": issuer, "jwks_uri": "", **more}).encode()


def keys(*published: RSAKey) -> bytes:
    return json.dumps({"keys": [k.as_dict(private=False) for k in published]}).encode()


def publish(server: Server, *published: RSAKey) -> None:
    server.will(reply(200, discovery()), reply(200, keys(*published)))


def claims(**changed: Any) -> dict[str, Any]:
    """Return sound claims but for these; a time is given as far as it is from now."""
    now = int(clock.now().timestamp())
    whole = {
        "iss": ISSUER,
        "aud": "a9900000-5a1d-4b0c-9c0d-0000000000aa",
        "tid": TENANT,
        "oid": "0a000000-5a1d-4b0c-9c0d-000000000011",
        "nonce": NONCE,
        "iat": now,
        "nbf": now,
        "exp": now + 3600,
        "preferred_username": "ann@contoso.example",
        "name": "Ann",
        **{name: _moment(now, value) for name, value in changed.items()},
    }
    return {name: value for name, value in whole.items() if value is not None}


def _moment(now: int, value: Any) -> Any:
    away = isinstance(value, timedelta)
    return now + int(value.total_seconds()) if away else value


def token(key: RSAKey = KEY, **changed: Any) -> str:
    header = {"alg": "RS256", "kid": key.kid, "x5t": "eA"}
    return jwt.encode(header, claims(**changed), key)
