"""What goes wrong on purpose between a program and Graph."""

import socket
from collections.abc import Callable
from typing import Any

from flask import Response, make_response, request
from flask.typing import ResponseReturnValue

from portal.sandbox import faults
from portal.sandbox.faults import Fault, Kind
from portal.sandbox.graph.problems import Problem

GATEWAY_PAGE = "<html><body><h1>502 Bad Gateway</h1><p>gateway</p></body></html>"


def play(fault: Fault | None, accept: Callable[[], Any]) -> ResponseReturnValue:
    """Let a call succeed or fail; only the accepted kinds of fault accept first."""
    if fault is None:
        return make_response(accept())
    if fault.kind in (Kind.TIMEOUT_ACCEPTED, Kind.DROPPED_ACCEPTED):
        accept()
    return MISHAPS[fault.kind](fault)


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


def _hang(fault: Fault) -> ResponseReturnValue:
    faults.hang(float(fault.more.get("after_seconds", 90)))
    return drop(fault)


def drop(fault: Fault) -> ResponseReturnValue:
    """Close the connection instead of answering.

    Both servers hand the socket in; what they then try to write goes nowhere.
    """
    environ = request.environ
    connection = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)
    return Response(status=500)


MISHAPS: dict[Kind, Callable[[Fault], ResponseReturnValue]] = {
    Kind.TOO_MANY: _too_many,
    Kind.UNAVAILABLE: _unavailable,
    Kind.TIMEOUT: _timeout,
    Kind.TIMEOUT_ACCEPTED: _timeout,
    Kind.DROPPED: drop,
    Kind.DROPPED_ACCEPTED: drop,
    Kind.GATEWAY: _gateway,
    Kind.SILENT: _silent,
    Kind.HANG: _hang,
    Kind.ERROR: _error,
}
