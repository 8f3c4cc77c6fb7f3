"""The token endpoint: what is asked of it, and what it gives."""

from collections.abc import Collection, Iterable
from typing import Any

from portal import clock, net
from portal.issuer import grant as given
from portal.issuer.grant import Grant
from portal.issuer.refusals import (
    CredentialRefused,
    LoginRefused,
    Unreachable,
    reaching,
)
from portal.microsoft import aadsts, refusals
from portal.microsoft.login import credential
from portal.microsoft.login.credential import Registration

OIDC = ("openid", "profile", "email", "offline_access")
# Exchange's, which is another resource than Graph: a token is for one of them.
# https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
SUBMISSION = "SMTP.Send"
SPELLINGS = (
    *OIDC,
    "Mail.Send",
    "Mail.Send.Shared",
    "Mail.ReadWrite",
    "Mail.ReadWrite.Shared",
    "User.Read",
)
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
PUBLIC = frozenset({DEVICE_CODE, "refresh_token"})  # grants that may need no secret
JSON = {"Accept": "application/json"}


def ask(
    registration: Registration, form: dict[str, str], scopes: tuple[str, ...]
) -> Grant:
    """Get tokens for what a form holds; raise an IssuerError.

    Of two credentials the other one is tried, once, when the first is refused.
    """
    form["scope"] = spelled_out(registration, scopes)
    try:
        return _granted(registration, dict(form), scopes)
    except CredentialRefused as error:
        registration.on_refusal(error)
        if registration.other is None:
            raise
    return ask(registration.other, form, scopes)


@reaching()
def post(address: str, form: dict[str, str]) -> net.Response:
    """Ask sign-in without a credential; raise Unreachable."""
    return net.session().post(address, data=form, headers=JSON)


def _granted(
    registration: Registration, form: dict[str, str], scopes: tuple[str, ...]
) -> Grant:
    try:
        answer = refusals.read(_proven(registration, form))
    except LoginRefused as error:
        # Whether an application that may do without a secret is refused for having one
        # is not documented, so both is right.
        if form["grant_type"] not in PUBLIC or error.number not in aadsts.PUBLIC:
            raise
        form["client_id"] = registration.client_id
        answer = refusals.read(post(registration.token_endpoint, form))
    return _grant(registration, answer, scopes)


@reaching()
def _proven(registration: Registration, form: dict[str, str]) -> net.Response:
    if registration.certificate:
        # authlib adds it beside a secret, but not beside an assertion.
        form["client_id"] = registration.client_id
    session = credential.session(registration)
    auth: Any = session.client_auth(session.token_endpoint_auth_method)
    return session.post(registration.token_endpoint, data=form, auth=auth, headers=JSON)


def spelled_out(registration: Registration, scopes: Iterable[str]) -> str:
    """Put the cloud's resource before each name that is not sign-in's own."""
    names = tuple(scopes)
    prefix, *_ = _prefixes(registration, names)
    whole = (n if n in OIDC or "://" in n else f"{prefix}{n}" for n in names)
    return " ".join(dict.fromkeys(whole))


def _prefixes(registration: Registration, names: Collection[str]) -> tuple[str, ...]:
    """Return what the resource that is asked for is called; the first is asked with."""
    if SUBMISSION in names:
        return registration.submission_prefixes
    return (registration.scope_prefix,)


def _grant(
    registration: Registration, answer: dict[str, Any], asked: tuple[str, ...]
) -> Grant:
    token = given.token(answer.get("access_token"))
    if not token:
        raise Unreachable("Microsoft's sign-in answered without a token.")
    refresh_token = given.token(answer.get("refresh_token"))
    granted = given.text(answer.get("scope")).split() or asked
    # Its name is often left out of the answer, though what it stands for is there.
    more = ("offline_access",) if refresh_token else ()
    return Grant(
        access_token=token,
        expires_at=clock.now() + given.lifetime(answer.get("expires_in")),
        refresh_token=refresh_token,
        id_token=given.token(answer.get("id_token")),
        scopes=_shortened(registration, (*granted, *more), asked),
    )


def _shortened(
    registration: Registration, names: Iterable[str], asked: Collection[str]
) -> frozenset[str]:
    """Strip the prefix; spell each name the way we do, whatever case it came in.

    A name of another resource than was asked for keeps its own: it is not the same.
    """
    prefixes = [each.casefold() for each in _prefixes(registration, asked)]
    spellings = {name.casefold(): name for name in (*SPELLINGS, *asked)}
    short = (_without(prefixes, name) for name in names)
    return frozenset(spellings.get(name.casefold(), name) for name in short)


def _without(prefixes: Iterable[str], name: str) -> str:
    found = next((each for each in prefixes if name.casefold().startswith(each)), "")
    return name[len(found) :]
