"""What pages are drawn from that tell how something ended, or let it begin."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from portal.errors import Answer
from portal.explanations import tell
from portal.explanations.google import sign_in as google
from portal.explanations.graph import NO_SEND_AS
from portal.explanations.own import CANNOT_READ
from portal.microsoft import aadsts
from portal.web.setup.page import Shown
from portal.workspace.accounts.servers import Provider
from portal.workspace.consent.trips import ConsentFailed, Ending, Kind, Purpose, Way
from portal.workspace.people.sign_in import NotAdmin
from tests.web.standings import (
    ADMIN,
    APPLIED,
    BY_REPORTS,
    ID,
    LONG,
    NOREPLY,
    NOW,
    PORTAL,
    REPORTS,
    SEND_AS,
    proposed,
)
from tests.web.typed import field, form

TEST = form(
    to=field("to", ADMIN),
    subject=field("subject", "TEST MESSAGE!"),
    text=field("text", "ATTENTION: THIS IS A TEST MESSAGE!"),
)
NOBODY = "There is no e-mail defined for your Administrator Account."
VERDICT = SimpleNamespace(
    id=ID,
    kind="sent",
    to=ADMIN,
    heading="",
    reason="",
    command="",
    took="0.84 s",
    sender=NOREPLY,
    username=REPORTS,
    request_id="0f0c9f7e-3ad4-4f8c-8d63-6a1d5b1c9e21",
    internet_message_id="<01JD5K8Q2M@portal.contoso.example>",
    settings="/settings",
    status="202",
    code="",
    text="",
)
NOT_SENT = SimpleNamespace(
    **{
        **vars(VERDICT),
        "kind": "failed",
        "heading": "No Send As right",
        "reason": NO_SEND_AS.sentence,
        "command": SEND_AS,
        "told": tell(NO_SEND_AS.sentence, NO_SEND_AS.name, SEND_AS),
        "status": "403",
        "code": "ErrorSendAsDenied",
        "text": "The user account which was used to submit this request does not have"
        " the right to send mail on behalf of the specified sending account.",
        "internet_message_id": "",
    }
)
DOUBTED = SimpleNamespace(
    **{
        **vars(VERDICT),
        "kind": "unconfirmed",
        "heading": CANNOT_READ.title,
        "reason": CANNOT_READ.sentence,
        "told": tell(CANNOT_READ.sentence, CANNOT_READ.name),
        "status": "504",
    }
)
UNTOLD = {
    "approval_link": "",
    "again": "",
    "may_confirm": False,
    "change": None,
    "at": "/settings",
    "issuer": "Microsoft",
}


def trip(kind: Kind, reason: str = "") -> Ending:
    return Ending(kind=kind, purpose=Purpose.CONNECT, way=Way.LINK, reason=reason)


def refused(number: int) -> dict[str, Any]:
    row = aadsts.CAUSES[number]
    ending = replace(
        trip(Kind.FAILED, row.sentence),
        title="Microsoft said no",
        answer=Answer(code=f"AADSTS{number}"),
    )
    return {"ending": ending, "told": tell(row.sentence, row.name)}


def declined_at_google() -> dict[str, Any]:
    row = google.DECLINED
    ending = replace(
        trip(Kind.FAILED, row.sentence),
        title="Google said no",
        answer=Answer(code="access_denied"),
    )
    return {"ending": ending, "told": tell(row.sentence, row.name)}


def connected(sender: str = REPORTS, waiting: int = 0) -> dict[str, Any]:
    return {
        **UNTOLD,
        "ending": trip(Kind.CONNECTED),
        "connection": BY_REPORTS,
        "sender": sender,
        "service": "Microsoft 365",
        "waiting": waiting,
        "needs_send_as": sender != REPORTS,
    }


def forbidden(username: str, *admins: str, taken: bool = False) -> dict[str, Any]:
    reason = str(NotAdmin(username, taken=taken))
    return {"username": username, "admins": admins, "reason": reason}


DECLINED = {
    **UNTOLD,
    **refused(65004),
    "again": "/connect/4f1Nq-Vd2s0",
}
PROPOSED = {
    **UNTOLD,
    "ending": trip(Kind.PROPOSED),
    "change": proposed(NOREPLY),
    "again": "/connect/4f1Nq-Vd2s0",
}
TRIPS: dict[str, dict[str, Any]] = {
    "succeeded": connected(),
    "succeeded-held": connected(waiting=3),
    "succeeded-send-as": connected(NOREPLY),
    "succeeded-long": connected(LONG, 12500),
    "succeeded-admin": {**connected(waiting=3), "signed_in": ADMIN, "change": APPLIED},
    "succeeded-smtp": {
        **connected(),
        "signed_in": ADMIN,
        "change": replace(APPLIED, submits=Provider.MICROSOFT),
        "at": f"/accounts/{APPLIED.account_id}",
        "mailbox": NOREPLY,
        "needs_full_access": True,
    },
    "succeeded-google": {
        **connected(),
        "connection": replace(
            BY_REPORTS, scopes=frozenset({"https://mail.google.com/"})
        ),
        "change": replace(APPLIED, submits=Provider.GOOGLE),
        "at": f"/accounts/{APPLIED.account_id}",
        "mailbox": REPORTS,
        "service": "Google Workspace",
    },
    "failed": DECLINED,
    "failed-bare": {
        **DECLINED,
        "ending": trip(Kind.FAILED, ConsentFailed.__doc__ or ""),
        "told": tell(ConsentFailed.__doc__ or ""),
        "again": "",
    },
    "failed-google": {
        **DECLINED,
        **declined_at_google(),
        "issuer": "Google",
        "at": f"/accounts/{APPLIED.account_id}",
    },
    "failed-approval": {
        **DECLINED,
        **refused(90093),
        "approval_link": f"{PORTAL}/approve/tZ4kYw9eR5uJd3GhC7oBmQ",
    },
    "failed-sign-in": {
        **DECLINED,
        **refused(90094),
        "ending": replace(refused(90094)["ending"], purpose=Purpose.SIGN_IN),
        "again": "/sign-in",
        "approval_link": f"{PORTAL}/approve/tZ4kYw9eR5uJd3GhC7oBmQ",
    },
    "proposed": {**PROPOSED, "may_confirm": True},
    "proposed-smtp": {
        **PROPOSED,
        "change": replace(proposed(NOREPLY), submits=Provider.MICROSOFT),
        "may_confirm": True,
    },
    "proposed-smtp-thanks": {
        **PROPOSED,
        "change": replace(proposed(NOREPLY), submits=Provider.MICROSOFT),
    },
    "proposed-own": {**PROPOSED, "change": proposed(None), "may_confirm": True},
    "proposed-thanks": PROPOSED,
    "proposed-decided": {**PROPOSED, "change": APPLIED},
    "approved": {**UNTOLD, "ending": trip(Kind.APPROVED)},
}
SIGN_IN: dict[str, Any] = {
    "registered": True,
    "next": "/settings?change=1",
    "approval_link": f"{PORTAL}/approve/tZ4kYw9eR5uJd3GhC7oBmQ",
    "organization": "contoso.example",
}
SETUP: dict[str, Any] = {
    "form": form(
        tenant=field("tenant"),
        client_id=field("client_id"),
        secret=field("secret"),
        ends_on=field("ends_on"),
        certificate=field("certificate"),
        admin=field("admin"),
    ),
    "answer": Answer(),
    "redirect_uri": f"{PORTAL}/callback",
    "from_environment": False,
    "registered": False,
    "credentials": [],
    "connected": False,
    "asks_for_admin": True,
    "approval_link": "",
}
IN_USE = Shown(
    secret=True,
    in_use=True,
    since=NOW - timedelta(days=39),
    until=None,
    ends_at=NOW + timedelta(days=3650),
    refused_at=None,
)
FORMER = replace(
    IN_USE, in_use=False, until=NOW + timedelta(days=7), ends_at=NOW, secret=False
)
REGISTERED: dict[str, Any] = {
    **SETUP,
    "form": form(
        tenant=field("tenant", "8f1c2d34-5b6a-4c7d-9e8f-0a1b2c3d4e5f"),
        client_id=field("client_id", "3b9e7a10-64d2-4f0b-8c1a-77e2d9b05c66"),
        secret=field("secret"),
        ends_on=field("ends_on"),
        certificate=field("certificate"),
        admin=field("admin"),
    ),
    "registered": True,
    "credentials": [IN_USE],
    "asks_for_admin": False,
    "signed_in": ADMIN,
    "approval_link": f"{PORTAL}/approve/tZ4kYw9eR5uJd3GhC7oBmQ",
}
ROTATING: dict[str, Any] = {
    **REGISTERED,
    "connected": True,
    "approval_link": "",
    "credentials": [replace(IN_USE, ends_at=None, refused_at=NOW), FORMER],
}
WRONG: dict[str, Any] = {
    **SETUP,
    "form": form(
        "Microsoft did not accept this registration.",
        tenant=field("tenant", "contoso", "This is neither a GUID nor a domain."),
        client_id=field("client_id", "3b9e7a10", "This is not a GUID."),
        secret=field(
            "secret", "x", "That looks like the Secret ID. We need the Value."
        ),
        ends_on=field("ends_on", "", "A day looks like 2027-03-01."),
        certificate=field("certificate", "-----BEGIN", "There is no private key."),
        admin=field("admin", "ann", "This is not an e-mail address."),
    ),
}
