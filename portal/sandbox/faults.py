"""What goes wrong on purpose: faults for the next requests, and standing switches."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from portal.sandbox import store


class Kind(StrEnum):
    """Every fault, by the name the JSON door and the buttons use."""

    TOO_MANY = "429"
    UNAVAILABLE = "503"
    TIMEOUT = "504"
    TIMEOUT_ACCEPTED = "504-accepted"
    UNAUTHORIZED = "401"
    RESET_EARLY = "reset-early"
    RESET_BODY = "reset-body"
    DROPPED = "dropped"
    DROPPED_ACCEPTED = "dropped-accepted"
    TRUNCATED = "truncated"
    TRUNCATED_ACCEPTED = "truncated-accepted"
    KEEPALIVE_CLOSED = "keepalive-closed"
    GATEWAY = "gateway"
    SILENT = "200"
    HANG = "hang"
    ERROR = "error"
    THROTTLE = "throttle"
    TOKEN_DOWN = "token-down"  # noqa: S105 - a fault, not a token
    LOGIN_PAGE = "html"
    LOGIN_SLOW = "login-slow"
    REVOKED = "revoked"
    SECRET_EXPIRED = "secret-expired"  # noqa: S105 - a fault, not a secret
    CONSENT_LAG = "consent-lag"
    CONSENT_OFF = "user-consent-off"
    CONSENT_LOST = "consent-lost"
    PERMISSION_LAG = "permission-lag"
    NO_REFRESH = "no-refresh-token"
    SCOPE_MISSING = "scope-missing"
    SCOPE_ABSENT = "scope-absent"
    SCOPE_SHORT = "scope-short"
    SCOPE_FULL = "scope-full"
    SCOPE_SHOUTED = "scope-shouted"
    PUBLIC_CLIENT = "public-client"
    DEVICE_HASTE = "device-haste"
    APP_ROLE = "app-role"
    SEND_AS_GIVEN = "send-as-given"
    SEND_AS_WITHDRAWN = "send-as-withdrawn"
    ON_BEHALF_GIVEN = "on-behalf-given"
    MIME_FROM = "mime-from-honoured"
    ALIAS_KEPT = "alias-kept"
    GUEST = "guest"
    RENAMED = "renamed"
    LARGE = "large-messages"
    IDS_CHANGE = "ids-change"
    SEND_AGAIN = "send-again"
    SEARCH_LAG = "search-lag"
    DRAFT_LAG = "draft-lag"
    SESSION_EXPIRES = "session-expires"
    SESSION_SILENT = "session-silent"
    UPLOAD_ELSEWHERE = "upload-elsewhere"
    KEYS_VARY = "keys-vary"
    SMTP_REPLY = "smtp-reply"
    SMTP_DROPPED = "smtp-dropped"
    SMTP_DROPPED_ACCEPTED = "smtp-dropped-accepted"
    SMTP_AUTH_OFF = "smtp-auth-off"
    SMTP_BASIC_OFF = "smtp-basic-off"
    SMTP_LIMITS = "smtp-limits"


# What happens to a request to Graph, in the order in which faults are looked for.
GRAPH = (
    Kind.TOO_MANY,
    Kind.UNAVAILABLE,
    Kind.TIMEOUT,
    Kind.TIMEOUT_ACCEPTED,
    Kind.UNAUTHORIZED,
    Kind.RESET_EARLY,
    Kind.RESET_BODY,
    Kind.DROPPED,
    Kind.DROPPED_ACCEPTED,
    Kind.TRUNCATED,
    Kind.TRUNCATED_ACCEPTED,
    Kind.KEEPALIVE_CLOSED,
    Kind.GATEWAY,
    Kind.SILENT,
    Kind.HANG,
    Kind.ERROR,
)

# What happens to a request for a token, or to another of sign-in that `only` names.
LOGIN = (Kind.LOGIN_PAGE, Kind.LOGIN_SLOW)

# What is not seen everywhere at once.
SPREADING = (Kind.CONSENT_LAG, Kind.PERMISSION_LAG)

# What holds until it is cleared, however often it is met.
SWITCHES = (
    Kind.THROTTLE,
    *SPREADING,
    Kind.CONSENT_OFF,
    Kind.NO_REFRESH,
    Kind.SCOPE_MISSING,
    Kind.SCOPE_ABSENT,
    Kind.SCOPE_SHORT,
    Kind.SCOPE_FULL,
    Kind.SCOPE_SHOUTED,
    Kind.PUBLIC_CLIENT,
    Kind.DEVICE_HASTE,
    Kind.APP_ROLE,
    Kind.SEND_AS_GIVEN,
    Kind.SEND_AS_WITHDRAWN,
    Kind.ON_BEHALF_GIVEN,
    Kind.MIME_FROM,
    Kind.ALIAS_KEPT,
    Kind.GUEST,
    Kind.RENAMED,
    Kind.LARGE,
    Kind.IDS_CHANGE,
    Kind.SEND_AGAIN,
    Kind.SEARCH_LAG,
    Kind.DRAFT_LAG,
    Kind.SESSION_SILENT,
    Kind.KEYS_VARY,
    Kind.SMTP_AUTH_OFF,
    Kind.SMTP_BASIC_OFF,
    Kind.SMTP_LIMITS,
)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault that waits: how often, and with which particulars."""

    id: int
    kind: Kind
    times: int | None  # None: until cleared
    more: dict[str, Any]

    def waits_for(self, request: str) -> bool:
        """Tell whether this fault waits for such a request ("POST /v1.0/…").

        A space ends the path, as on the wire: "/send " is not "/sendMail".
        """
        return str(self.more.get("only", "")) in f"{request} "

    @property
    def over(self) -> bool:
        """Tell whether a fault with an end in time has reached it."""
        return "until" in self.more and time.time() >= float(self.more["until"])


def place(kind: Kind, times: int | None, more: dict[str, Any]) -> None:
    """Let a fault wait for the next requests, or for as long as nobody clears it."""
    if kind in SPREADING:
        more = more | {"until": time.time() + float(more.get("after_seconds", 20))}
    if kind in LOGIN:
        more = {"only": "/token"} | more
    if kind in SWITCHES:
        times = None
    store.current().tell(
        "INSERT INTO faults (kind, times, more) VALUES (?, ?, ?)",
        kind,
        times,
        json.dumps(more),
    )


def waiting() -> list[Fault]:
    """Return the faults that have not happened yet, oldest first."""
    rows = store.current().ask("SELECT * FROM faults ORDER BY id")
    faults = [
        Fault(
            id=row["id"],
            kind=Kind(row["kind"]),
            times=row["times"],
            more=json.loads(row["more"]),
        )
        for row in rows
    ]
    return [fault for fault in faults if not fault.over]


def switched(kind: Kind) -> Fault | None:
    """Return the fault of this kind that is switched on; nobody has met it by that."""
    return next((fault for fault in waiting() if fault.kind is kind), None)


def meet(kind: Kind) -> Fault | None:
    """Let a request meet what is switched on of this kind, if anything; it stays on."""
    fault = switched(kind)
    if fault:
        note(kind)
    return fault


def granted(kind: Kind, address: str) -> bool:
    """Tell whether somebody was given what this switch gives."""
    given = (each for each in waiting() if each.kind is kind)
    found = any(each.more.get("user") == address for each in given)
    if found:
        note(kind)
    return found


def name_of(address: str) -> str:
    """Return what sign-in calls whoever has this address; it stays as an alias."""
    renamed = (each for each in waiting() if each.kind is Kind.RENAMED)
    for each in renamed:
        if each.more.get("user") == address:
            note(Kind.RENAMED)
            return str(each.more.get("to", f"renamed.{address}"))
    return address


def take(*kinds: Kind, request: str = "") -> Fault | None:
    """Let the oldest waiting fault of these kinds happen now, once."""
    if not waiting():
        return None
    with store.current().transaction():
        for fault in waiting():
            if fault.kind in kinds and fault.waits_for(request):
                _use(fault)
                return fault
    return None


def note(kind: Kind) -> None:
    """Note that a fault has shown itself to a request."""
    store.current().tell(
        "INSERT INTO met VALUES (?, 1)"
        " ON CONFLICT (kind) DO UPDATE SET times = times + 1",
        kind,
    )


def met() -> dict[str, int]:
    """Tell how often each fault has shown itself since faults were cleared."""
    rows = store.current().ask("SELECT kind, times FROM met ORDER BY kind")
    return {row["kind"]: row["times"] for row in rows}


def _use(fault: Fault) -> None:
    note(fault.kind)
    if fault.times is None:
        return
    store.current().tell("UPDATE faults SET times = times - 1 WHERE id = ?", fault.id)
    store.current().tell("DELETE FROM faults WHERE times <= 0")


def clear(kind: Kind | None = None) -> None:
    """Take back every fault and switch, or those of one kind."""
    if kind:
        store.current().tell("DELETE FROM faults WHERE kind = ?", kind)
    else:
        store.current().tell("DELETE FROM faults")
        store.current().tell("DELETE FROM met")
    store.current().keep("cleared", str(time.time()))


def hang(seconds: float) -> None:
    """Wait so long, or until somebody clears the faults."""
    end = time.monotonic() + seconds
    before = store.current().setting("cleared")
    while time.monotonic() < end and store.current().setting("cleared") == before:
        time.sleep(0.02)


def revoke(oid: str) -> None:
    """End every grant a person has given so far, as revoking sessions does."""
    now = datetime.now(UTC).timestamp()
    store.current().tell("INSERT OR REPLACE INTO revocations VALUES (?, ?)", oid, now)


def revoked(oid: str, born: float) -> bool:
    """Tell whether a grant born then (seconds) has been ended since."""
    rows = store.current().ask("SELECT at FROM revocations WHERE oid = ?", oid)
    over = bool(rows) and born <= float(rows[0]["at"])
    if over:
        note(Kind.REVOKED)
    return over


def latency() -> float:
    """Return how long Graph takes for each answer, in seconds."""
    return float(store.current().setting("latency") or 0)


def set_latency(seconds: float) -> None:
    """Make every answer of Graph take this long."""
    store.current().keep("latency", str(seconds))
