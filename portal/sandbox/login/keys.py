"""The signing key of the sandbox, its public half, discovery, and signed tokens."""

import hashlib
import json
import time
from base64 import urlsafe_b64encode
from functools import cache
from typing import Any
from uuid import uuid4

from flask import Blueprint
from flask.typing import ResponseReturnValue
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from portal.sandbox import faults, grants
from portal.sandbox.faults import Kind
from portal.sandbox.login import clients, mishaps, problems
from portal.sandbox.login.problems import Refusal
from portal.sandbox.seeds import Account, tenant
from portal.sandbox.store import Store

bp = Blueprint("keys", __name__)
bp.register_error_handler(Refusal, problems.answer)
bp.before_request(mishaps.play)

GRAPH_AUDIENCE = "https://graph.microsoft.com"
EXCHANGE_AUDIENCES = ("https://outlook.office.com", "https://outlook.office365.com")
LIFETIME_SECONDS = 3900


class NotOurs(Exception):
    """This token was not signed here."""


@bp.get("/<tenant_name>/v2.0/.well-known/openid-configuration")
def discovery(tenant_name: str) -> ResponseReturnValue:
    """Say where everything is; the shared tenants name the issuer by a template."""
    if tenant_name.lower() in clients.ANY_TENANT:
        issuer_of, named = "{tenantid}", tenant_name
    elif found := tenant(tenant_name):
        issuer_of = named = found.id  # a domain only stands for it
    else:
        raise Refusal(90002, tenant_name)
    base = f"{clients.current().base_url}/{named}"
    return {
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": [
            "client_secret_post",
            "private_key_jwt",
            "client_secret_basic",
        ],
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token"],
        "scopes_supported": list(grants.OIDC),
        "issuer": issuer(issuer_of),
        "request_uri_parameter_supported": False,
        "userinfo_endpoint": f"{GRAPH_AUDIENCE}/oidc/userinfo",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        "http_logout_supported": True,
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nonce", "oid", "tid"],
        "cloud_instance_name": "microsoftonline.com",
        "msgraph_host": "graph.microsoft.com",
    }


@bp.get("/<tenant_name>/discovery/v2.0/keys")
def public_keys(tenant_name: str) -> ResponseReturnValue:
    """Hand out the public key, with the issuer it signs for."""
    found = tenant(tenant_name)
    key = clients.current().signing_key.as_dict(private=False)
    key |= {"use": "sig", "alg": "RS256"}
    key["issuer"] = issuer(found.id if found else "{tenantid}")
    return {"keys": [key]}


def issuer(tenant_id: str) -> str:
    """Return the name under which a tenant's tokens are issued."""
    return f"{clients.current().base_url}/{tenant_id}/v2.0"


def load(memory: Store) -> RSAKey:
    """Return the key of this sandbox; the first start makes it, a restart keeps it."""
    if kept := memory.setting("signing key"):
        return RSAKey.import_key(json.loads(kept))
    made = _make()
    memory.keep("signing key", json.dumps(made.as_dict(private=True)))
    return made


@cache
def _make() -> RSAKey:
    # Once a process, however many sandboxes it serves: it takes longer than all else.
    return RSAKey.generate_key(2048, auto_kid=True)


def sign(claims: dict[str, Any]) -> str:
    """Return a signed token."""
    key = clients.current().signing_key
    header = {"typ": "JWT", "alg": "RS256", "kid": key.kid}
    return jwt.encode(header, claims, key)


def read_access_token(text: str) -> dict[str, Any]:
    """Return the claims of a token signed here; raise NotOurs. Checks nothing else."""
    try:
        return jwt.decode(text, clients.current().signing_key).claims
    except (JoseError, ValueError) as error:
        raise NotOurs from error


def access_token(
    tenant_id: str, account: Account | None, names: set[str], audience: str
) -> str:
    """Return a token for a resource: of a person, or without one the application's."""
    now = time.time()
    claims: dict[str, Any] = {
        "aud": audience,
        "iss": f"https://sts.windows.net/{tenant_id}/",
        "iat": int(now),
        "nbf": int(now),
        "exp": int(now) + LIFETIME_SECONDS,
        "born": now,
        "appid": clients.current().client_id,
        "tid": tenant_id,
        "uti": uuid4().hex,
        "ver": "1.0",
    }
    if account:
        claims |= {"oid": account.oid, "scp": " ".join(sorted(names))}
    else:
        claims |= {"idtyp": "app", "roles": sorted(names)}
    return sign(claims)


def id_token(account: Account, scope: list[str], nonce: str | None) -> str:
    """Return who signed in, as far as the scope allows to say it."""
    now = int(time.time())
    client_id = clients.current().client_id
    claims: dict[str, Any] = {
        "ver": "2.0",
        "iss": issuer(account.tenant.id),
        "sub": _pairwise(account.oid, client_id),
        "aud": client_id,
        "iat": now,
        "nbf": now,
        "exp": now + 3600,
        "tid": account.tenant.id,
        "uti": uuid4().hex,
    }
    if nonce:
        claims["nonce"] = nonce
    if "profile" in scope:
        claims |= {
            "oid": account.oid,
            "name": account.name,
            "preferred_username": faults.name_of(account.address),
        }
    if "email" in scope:
        claims["email"] = faults.name_of(account.address)
    if faults.granted(Kind.APP_ROLE, account.address):
        claims["roles"] = [grants.APP_ROLE]
    if account.home:
        claims["idp"] = f"https://sts.windows.net/{account.home.id}/"
    return sign(claims)


def client_info(account: Account) -> str:
    """Return what MSAL asks for with client_info=1."""
    text = json.dumps({"uid": account.oid, "utid": account.tenant.id})
    return urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def _pairwise(oid: str, client_id: str) -> str:
    digest = hashlib.sha256(f"{oid} {client_id}".encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
