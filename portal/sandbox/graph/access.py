"""Who calls Graph, which mailbox a path means, and in whose name it may send."""

import time
from dataclasses import dataclass

from flask import request

from portal.sandbox import faults
from portal.sandbox.faults import Kind
from portal.sandbox.graph.problems import (
    Problem,
    access_denied,
    not_authenticated,
    send_as_denied,
)
from portal.sandbox.login import keys
from portal.sandbox.seeds import (
    ACCOUNTS,
    FULL_ACCESS,
    SEND_AS,
    Account,
    account,
    addressed,
    user,
)

CLOCK_SKEW_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class Caller:
    """An application with a token: for somebody, or for itself."""

    app_id: str
    tenant_id: str
    permissions: frozenset[str]
    who: Account | None  # None: the application by itself

    def needs(self, permission: str) -> None:
        """Raise unless the token holds this permission."""
        if permission not in self.permissions:
            raise access_denied()


def caller() -> Caller:
    """Read the bearer token; raise 401 as Graph does."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text:
        raise not_authenticated("Access token is empty.")
    try:
        claims = keys.read_access_token(text)
    except keys.NotOurs as error:
        raise not_authenticated("Access token validation failure.") from error
    if claims.get("aud") != keys.GRAPH_AUDIENCE:
        raise not_authenticated("Access token validation failure. Invalid audience.")
    if claims["exp"] + CLOCK_SKEW_SECONDS < time.time():
        raise not_authenticated("Lifetime validation failed, the token is expired.")
    who = account(claims.get("oid", ""))
    if who and faults.revoked(who.oid, claims["born"]):
        raise not_authenticated("The token was issued before its session was revoked.")
    names = claims["scp"].split() if who else claims["roles"]
    return Caller(
        app_id=claims["appid"],
        tenant_id=claims["tid"],
        permissions=frozenset(names),
        who=who,
    )


def open_mailbox(by: Caller, name: str | None, permission: str) -> Account:
    """Return the mailbox a path means; raise unless the caller may use it so."""
    if name is None:
        mailbox = _own(by)
        by.needs(permission)
    else:
        mailbox = _named(by, name, permission)
    if not mailbox.has_mailbox:
        raise Problem(
            404,
            "MailboxNotEnabledForRESTAPI",
            "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
        )
    return mailbox


def _own(by: Caller) -> Account:
    if by.who is None:
        raise Problem(
            400,
            "BadRequest",
            "/me request is only valid with delegated authentication flow.",
        )
    return by.who


def _named(by: Caller, name: str, permission: str) -> Account:
    found = user(by.tenant_id, name)
    own = found is not None and found == by.who
    by.needs(permission if own or by.who is None else f"{permission}.Shared")
    if found is None:
        raise Problem(
            404, "ErrorInvalidUser", f"The requested user '{name}' is invalid."
        )
    if not own and by.who and (by.who.oid, found.oid) not in FULL_ACCESS:
        raise access_denied()
    return found


def sender(by: Caller, mailbox: Account, address: str | None) -> Account:
    """Return in whose name mail from this address goes out; raise without the right.

    No address means the mailbox itself.
    """
    target = addressed(mailbox.tenant.id, address) if address else mailbox
    submitter = by.who or mailbox
    if target is None:
        raise send_as_denied()
    if target == submitter:
        return target
    if by.who is None:
        raise send_as_denied()
    by.needs("Mail.Send.Shared")
    pair = (submitter.oid, target.oid)
    if pair not in send_as() and pair not in on_behalf():
        raise send_as_denied()
    return target


def spoken_for(by: Caller, target: Account) -> Account | None:
    """Return on whose behalf mail goes out, whom readers see beside From; or None."""
    if by.who is None or by.who == target:
        return None
    pair = (by.who.oid, target.oid)
    return by.who if pair in on_behalf() and pair not in send_as() else None


def send_as() -> set[tuple[str, str]]:
    """Say who may send in whose name now, by oid."""
    if faults.meet(Kind.SEND_AS_WITHDRAWN):
        return set()
    return SEND_AS | _given(Kind.SEND_AS_GIVEN)


def on_behalf() -> set[tuple[str, str]]:
    """Say who may send on whose behalf now, by oid."""
    return _given(Kind.ON_BEHALF_GIVEN)


def _given(kind: Kind) -> set[tuple[str, str]]:
    return {
        (who.oid, target.oid)
        for who in ACCOUNTS
        if faults.granted(kind, who.address)
        for target in ACCOUNTS
        if target.tenant == who.tenant and target != who
    }
