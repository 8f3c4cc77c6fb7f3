"""The faults page: buttons that let the next requests go wrong."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.sandbox import faults
from portal.sandbox.faults import Kind
from portal.sandbox.pages import door
from portal.sandbox.seeds import ACCOUNTS
from portal.sandbox.seeds import Kind as Sort

bp = Blueprint("switches", __name__)

GRAPH = "Sending"
TOKENS = "Sign-in and tokens"
FILES = "Large files"
SMTP = "SMTP"
SWITCHES = "How Microsoft is set up"
LATENCY = "latency"
# Somebody's; the others are everybody's.
PERSONAL = (
    Kind.APP_ROLE,
    Kind.SEND_AS_GIVEN,
    Kind.ON_BEHALF_GIVEN,
    Kind.RENAMED,
)


@dataclass(frozen=True)
class Text:
    """What the page says about a fault."""

    group: str
    title: str
    meaning: str


TEXTS: dict[str, Text] = {
    Kind.TOO_MANY: Text(
        GRAPH, "429 Too Many Requests", "Retry-After as given, or 2 s."
    ),
    Kind.UNAVAILABLE: Text(GRAPH, "503 Service Unavailable", "With Retry-After."),
    Kind.TIMEOUT: Text(GRAPH, "504, not accepted", "The mail is lost on the way."),
    Kind.TIMEOUT_ACCEPTED: Text(
        GRAPH, "504, accepted", "The mail goes out all the same."
    ),
    Kind.UNAUTHORIZED: Text(
        GRAPH, "401, though the token is valid", "InvalidAuthenticationToken."
    ),
    Kind.RESET_EARLY: Text(
        GRAPH, "Connection reset at once", "Before any of the mail was read."
    ),
    Kind.RESET_BODY: Text(
        GRAPH, "Connection reset midway", "After half of the mail was read."
    ),
    Kind.DROPPED: Text(GRAPH, "Connection lost, not accepted", "No answer, no mail."),
    Kind.DROPPED_ACCEPTED: Text(
        GRAPH, "Connection lost, accepted", "No answer, but the mail goes out."
    ),
    Kind.TRUNCATED: Text(
        GRAPH, "202 that breaks off, not accepted", "Half an answer, no mail."
    ),
    Kind.TRUNCATED_ACCEPTED: Text(
        GRAPH, "Answer that breaks off, accepted", "The mail goes out all the same."
    ),
    Kind.KEEPALIVE_CLOSED: Text(
        GRAPH,
        "Kept connection closed",
        "After an answer, as the next call comes, or after 60 s, or as given.",
    ),
    Kind.GATEWAY: Text(
        GRAPH, "502 with a web page", "As a gateway in between answers."
    ),
    Kind.SILENT: Text(GRAPH, "200 instead of 202", "Seen in 2021: nothing was sent."),
    Kind.HANG: Text(GRAPH, "No answer for long", "90 s unless given; then nothing."),
    Kind.ERROR: Text(GRAPH, "507 ErrorQuotaExceeded", "The mailbox is full."),
    Kind.THROTTLE: Text(
        GRAPH, "One call at a time", "429 ApplicationThrottled from the second on."
    ),
    LATENCY: Text(GRAPH, "Slow answers", "Each takes the seconds given, 1 s if none."),
    Kind.SESSION_EXPIRES: Text(
        FILES,
        "An upload session ends early",
        "After one range, or once the seconds given are over: 404, and all of it lost.",
    ),
    Kind.UPLOAD_ELSEWHERE: Text(
        FILES,
        "An upload leads to another host",
        "uploads.example.invalid, where nobody should send a file.",
    ),
    Kind.SESSION_SILENT: Text(
        FILES,
        "Upload sessions do not say where they stand",
        "405 to GET, which is not documented for Outlook.",
    ),
    Kind.KEYS_VARY: Text(
        FILES,
        "Keys of an upload vary",
        "NextExpectedRanges, then nextExpectedRanges, and so on.",
    ),
    Kind.SMTP_REPLY: Text(
        SMTP,
        "Another reply by SMTP",
        "451 4.3.0 to the next command, or to whom Only names: RCPT ann@example.com.",
    ),
    Kind.SMTP_DROPPED: Text(
        SMTP, "SMTP connection lost, not accepted", "After the dot; the mail is lost."
    ),
    Kind.SMTP_DROPPED_ACCEPTED: Text(
        SMTP, "SMTP connection lost, accepted", "After the dot; the mail goes out."
    ),
    Kind.SMTP_AUTH_OFF: Text(
        SMTP, "SMTP AUTH is disabled", "535 5.7.139, for tokens as well."
    ),
    Kind.SMTP_BASIC_OFF: Text(
        SMTP, "No passwords by SMTP", "550 5.7.30, as after their retirement."
    ),
    Kind.SMTP_LIMITS: Text(
        SMTP,
        "SMTP limits of Exchange Online",
        "3 connections and 30 messages a minute; 432 and 421 beyond.",
    ),
    Kind.TOKEN_DOWN: Text(TOKENS, "No tokens", "503 from the token endpoint."),
    Kind.LOGIN_PAGE: Text(
        TOKENS, "A web page instead of tokens", "As a network's own sign-in answers."
    ),
    Kind.LOGIN_SLOW: Text(TOKENS, "Slow tokens", "They come after 30 s, or as given."),
    Kind.NO_REFRESH: Text(
        TOKENS, "No refresh token", "As if offline_access had not been asked for."
    ),
    Kind.SCOPE_MISSING: Text(
        TOKENS, "Mail.Send is not granted", "Tokens come without it."
    ),
    Kind.SCOPE_ABSENT: Text(
        TOKENS, "Scopes are not told", "Which means: granted as asked for."
    ),
    Kind.SCOPE_SHORT: Text(TOKENS, "Scopes are told in short", "Mail.Send."),
    Kind.SCOPE_FULL: Text(
        TOKENS, "Scopes are told in full", "https://graph.microsoft.com/Mail.Send."
    ),
    Kind.SCOPE_SHOUTED: Text(
        TOKENS, "Scopes are told in capitals", "Letters' case has no meaning."
    ),
    Kind.REVOKED: Text(
        TOKENS, "End somebody's sessions", "AADSTS50173, and Graph 401."
    ),
    Kind.CONSENT_LOST: Text(
        TOKENS, "Remove all consent", "As if the enterprise application was deleted."
    ),
    Kind.SECRET_EXPIRED: Text(TOKENS, "Client secret expired", "AADSTS7000222."),
    Kind.CONSENT_LAG: Text(
        TOKENS, "Consent not visible yet", "AADSTS65001 for 20 s, or as given."
    ),
    Kind.PERMISSION_LAG: Text(
        TOKENS,
        "Permissions not known everywhere yet",
        "Tokens come without them for 20 s, or as given: 403 ErrorAccessDenied.",
    ),
    Kind.DEVICE_HASTE: Text(
        TOKENS,
        "Device codes in haste",
        "Asked about every second; they end after 15 minutes, or as given.",
    ),
    Kind.PUBLIC_CLIENT: Text(
        SWITCHES, "Allow public client flows", "A device code needs no secret."
    ),
    Kind.CONSENT_OFF: Text(
        SWITCHES, "Users may not consent", "They meet the wall: needs admin approval."
    ),
    Kind.APP_ROLE: Text(
        SWITCHES, "Give somebody the role Portal.Admin", "Told at the next sign-in."
    ),
    Kind.SEND_AS_GIVEN: Text(
        SWITCHES, "Give somebody Send As", "For every address of the organization."
    ),
    Kind.SEND_AS_WITHDRAWN: Text(
        SWITCHES, "Withdraw every Send As", "403 ErrorSendAsDenied."
    ),
    Kind.ON_BEHALF_GIVEN: Text(
        SWITCHES, "Give somebody Send on Behalf", "Readers see both: From and Sender."
    ),
    Kind.RENAMED: Text(
        SWITCHES, "Rename somebody's mailbox", "Told with the next token: renamed.…"
    ),
    Kind.GUEST: Text(SWITCHES, "pat@fabrikam.example is a guest", "Without a mailbox."),
    Kind.MIME_FROM: Text(
        SWITCHES, "From in MIME is honoured", "Else it is ignored, as reported."
    ),
    Kind.ALIAS_KEPT: Text(
        SWITCHES, "Sending from aliases", "Else the primary address replaces them."
    ),
    Kind.LARGE: Text(SWITCHES, "Messages up to 150 MB", "Else a mailbox sends 35 MB."),
    Kind.IDS_CHANGE: Text(
        SWITCHES, "Immutable ids change on send", "As two people measured."
    ),
    Kind.SEND_AGAIN: Text(
        SWITCHES, "A sent draft can be sent again", "Else it is not found any more."
    ),
    Kind.SEARCH_LAG: Text(
        SWITCHES, "Sent mail is found late", "After 20 s, or as given; else at once."
    ),
    Kind.DRAFT_LAG: Text(
        SWITCHES,
        "New drafts are found late",
        "By a search, not by their ids: after 20 s, or as given; else at once.",
    ),
}


@bp.get("/faults")
def show() -> ResponseReturnValue:
    """Show what can go wrong, and what is going to."""
    return render_template(
        "faults.html",
        waiting=faults.waiting(),
        met=faults.met(),
        latency=faults.latency(),
        texts=TEXTS,
        groups=(GRAPH, FILES, SMTP, TOKENS, SWITCHES),
        personal=PERSONAL,
        people=[each for each in ACCOUNTS if each.kind is Sort.PERSON],
    )


@bp.post("/faults")
def place() -> ResponseReturnValue:
    """Place the fault of the pressed button."""
    kind = request.form.get("kind", "")
    seconds = request.form.get("seconds", type=float)
    if kind == LATENCY:
        faults.set_latency(1 if seconds is None else seconds)
    elif kind in TEXTS:
        more: dict[str, Any] = {"user": request.form.get("user", "")}
        if seconds is not None:
            more["after_seconds"] = seconds
        if only := request.form.get("only", ""):
            more["only"] = only
        times = request.form.get("times", 1, type=int) or None
        door.place(Kind(kind), times, more)
    return redirect(url_for("switches.show"), 303)


@bp.post("/faults/cleared")
def clear() -> ResponseReturnValue:
    """Take back everything."""
    door.clear_faults()
    return redirect(url_for("switches.show"), 303)
