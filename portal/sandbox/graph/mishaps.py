"""What goes wrong on purpose between a program and Graph."""

from collections.abc import Callable
from typing import Any

from flask import Response, make_response, request
from flask.typing import ResponseReturnValue

from portal.sandbox import faults
from portal.sandbox.faults import Fault, Kind
from portal.sandbox.graph import limits, wire
from portal.sandbox.graph.problems import Problem, not_authenticated

GATEWAY_PAGE = "<html><body><h1>502 Bad Gateway</h1><p>gateway</p></body></html>"
KEPT_SECONDS = 60


def play(fault: Fault | None, accept: Callable[[], Any]) -> ResponseReturnValue:
    """Let a call succeed or fail; only the accepted kinds of fault accept first."""
    if fault is None:
        return make_response(accept())
    if fault.kind in INTERRUPTED:
        return INTERRUPTED[fault.kind]()
    if fault.kind in ACCEPTED:
        return ACCEPTED[fault.kind](fault, make_response(accept()))
    limits.skip_body()
    return NOT_ACCEPTED[fault.kind](fault)


def _reset_body() -> ResponseReturnValue:
    # One byte of a body whose length nobody told.
    half = (request.content_length or 2) // 2
    limits.skip_body(half)
    return wire.reset()


def _too_many(fault: Fault) -> ResponseReturnValue:
    raise Problem(
        429, "TooManyRequests", "Too many requests.", _retry_after(fault, default="2")
    )


def _unavailable(fault: Fault) -> ResponseReturnValue:
    raise Problem(
        503, "serviceNotAvailable", "Try later.", _retry_after(fault, default="2")
    )


def _retry_after(fault: Fault, default: str) -> dict[str, str]:
    """Return the header as the fault says; after_seconds null leaves it out."""
    value = fault.more.get("after_seconds", default)
    return {} if value is None else {"Retry-After": str(value)}


def _timeout(fault: Fault) -> ResponseReturnValue:
    raise Problem(504, "UnknownError", "The gateway did not get an answer in time.")


def _gateway(fault: Fault) -> ResponseReturnValue:
    return Response(GATEWAY_PAGE, 502, mimetype="text/html")


def _silent(fault: Fault) -> ResponseReturnValue:
    # Seen in 2021: 200 for a message that was never sent.
    return Response(status=200)


def _error(fault: Fault) -> ResponseReturnValue:
    raise Problem(
        int(fault.more.get("status", 507)),
        str(fault.more.get("code", "ErrorQuotaExceeded")),
        str(fault.more.get("message", "A fault of the sandbox.")),
        _retry_after(fault, default="") if "after_seconds" in fault.more else {},
    )


def _unauthorized(fault: Fault) -> ResponseReturnValue:
    raise not_authenticated("Access token validation failure.")


def _dropped(fault: Fault) -> ResponseReturnValue:
    return wire.drop()


def _truncated(fault: Fault) -> ResponseReturnValue:
    answer = Response(status=int(fault.more.get("status", 202)))
    return wire.break_off(answer, fault.more.get("after_bytes"))


def _hang(fault: Fault) -> ResponseReturnValue:
    faults.hang(float(fault.more.get("after_seconds", 90)))
    return wire.drop()


def _timeout_accepted(fault: Fault, answer: Response) -> ResponseReturnValue:
    return _timeout(fault)


def _dropped_accepted(fault: Fault, answer: Response) -> ResponseReturnValue:
    return wire.drop()


def _truncated_accepted(fault: Fault, answer: Response) -> ResponseReturnValue:
    return wire.break_off(answer, fault.more.get("after_bytes"))


def _keepalive_closed(fault: Fault, answer: Response) -> ResponseReturnValue:
    return wire.leave(answer, float(fault.more.get("after_seconds", KEPT_SECONDS)))


# Before the request was there in full.
INTERRUPTED: dict[Kind, Callable[[], ResponseReturnValue]] = {
    Kind.RESET_EARLY: wire.reset,
    Kind.RESET_BODY: _reset_body,
}

# Once it was, and the mail went out.
ACCEPTED: dict[Kind, Callable[[Fault, Response], ResponseReturnValue]] = {
    Kind.TIMEOUT_ACCEPTED: _timeout_accepted,
    Kind.DROPPED_ACCEPTED: _dropped_accepted,
    Kind.TRUNCATED_ACCEPTED: _truncated_accepted,
    Kind.KEEPALIVE_CLOSED: _keepalive_closed,
}

# Once it was, and no mail went out.
NOT_ACCEPTED: dict[Kind, Callable[[Fault], ResponseReturnValue]] = {
    Kind.TOO_MANY: _too_many,
    Kind.UNAVAILABLE: _unavailable,
    Kind.TIMEOUT: _timeout,
    Kind.UNAUTHORIZED: _unauthorized,
    Kind.DROPPED: _dropped,
    Kind.TRUNCATED: _truncated,
    Kind.GATEWAY: _gateway,
    Kind.SILENT: _silent,
    Kind.HANG: _hang,
    Kind.ERROR: _error,
}
