"""Who submits: by password, or by a token of this sandbox's sign-in (SASL XOAUTH2)."""

import re
import secrets
import time
from dataclasses import dataclass

from portal.sandbox import faults, grants
from portal.sandbox.faults import Kind
from portal.sandbox.login import keys
from portal.sandbox.seeds import (
    CONTOSO,
    FULL_ACCESS,
    PASSWORD,
    Account,
    account,
    addressed,
)

XOAUTH2 = re.compile(
    rb"user=([^\x01]*)\x01auth=Bearer ([^\x01]*)\x01\x01", re.IGNORECASE
)
CLOCK_SKEW_SECONDS = 300
UNSUCCESSFUL = "535 5.7.3 Authentication unsuccessful [SANDBOX.contoso.example]"
DISABLED = (
    "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for"
    " the {whom}. Visit https://aka.ms/smtp_auth_disabled for more information."
)
NO_PASSWORDS = "550 5.7.30 Basic authentication is not supported for Client Submission."


class NotSignedIn(Exception):
    """The reply that says why not."""


@dataclass(frozen=True, kw_only=True)
class Submitter:
    """Whose mailbox mail is submitted with, and by whom."""

    mailbox: Account
    by: str  # "password", "delegated" or "application"


def by_password(username: bytes, password: bytes) -> Submitter:
    """Sign a person in; raise NotSignedIn."""
    found = _mailbox(username)
    known = secrets.compare_digest(password, PASSWORD.encode())
    if not known or found is None or not found.signs_in:
        raise NotSignedIn(UNSUCCESSFUL)
    if faults.meet(Kind.SMTP_BASIC_OFF):
        raise NotSignedIn(NO_PASSWORDS)
    _check_allowed(found)
    return Submitter(mailbox=found, by="password")


def by_token(said: bytes) -> Submitter:
    """Let a token in, for its person or for the application; raise NotSignedIn."""
    match = XOAUTH2.fullmatch(said)
    found = _mailbox(match[1]) if match else None
    if match is None or found is None:
        raise NotSignedIn(UNSUCCESSFUL)
    by = _by(match[2].decode("ascii", "replace"), found)
    _check_allowed(found)
    return Submitter(mailbox=found, by=by)


def _by(token: str, mailbox: Account) -> str:
    """Return by whose right a token opens a mailbox; raise NotSignedIn."""
    try:
        claims = keys.read_access_token(token)
    except keys.NotOurs:
        raise NotSignedIn(UNSUCCESSFUL) from None
    old = claims["exp"] + CLOCK_SKEW_SECONDS < time.time()
    if claims.get("aud") not in keys.EXCHANGE_AUDIENCES or old:
        raise NotSignedIn(UNSUCCESSFUL)
    who = account(claims.get("oid", ""))
    if who is None:
        return _checked("application", grants.SEND_AS_APP in claims.get("roles", ()))
    revoked = faults.revoked(who.oid, claims["born"])
    opens = who == mailbox or (who.oid, mailbox.oid) in FULL_ACCESS
    granted = grants.SMTP_SEND in claims.get("scp", "").split()
    return _checked("delegated", opens and granted and not revoked)


def _checked(by: str, allowed: bool) -> str:
    if not allowed:
        raise NotSignedIn(UNSUCCESSFUL)
    return by


def _mailbox(name: bytes) -> Account | None:
    found = addressed(CONTOSO.id, name.decode("utf-8", "replace"))
    return found if found and found.has_mailbox else None


def _check_allowed(mailbox: Account) -> None:
    """The switch binds tokens as it binds passwords."""
    fault = faults.meet(Kind.SMTP_AUTH_OFF)
    if fault is None:
        return
    user = fault.more.get("user")
    if user in (None, "", mailbox.address):
        whom = "Mailbox" if user else "Tenant"
        raise NotSignedIn(DISABLED.format(whom=whom))
