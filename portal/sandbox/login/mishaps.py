"""What goes wrong on purpose between a program and sign-in."""

from flask import request
from flask.typing import ResponseReturnValue

from portal.sandbox import faults
from portal.sandbox.faults import Kind

DOWN_PAGE = "<html><body><h1>Service Unavailable</h1></body></html>"
PAGE = "<html><body><h1>Please accept the terms of this network</h1></body></html>"
SLOW_SECONDS = 30


def play() -> ResponseReturnValue | None:
    """Answer instead of sign-in, or let it answer late; None goes on."""
    fault = faults.take(*faults.LOGIN, request=f"{request.method} {request.path}")
    if fault is None:
        return None
    if fault.kind is Kind.LOGIN_PAGE:
        return PAGE
    faults.hang(float(fault.more.get("after_seconds", SLOW_SECONDS)))
    return None


def away() -> ResponseReturnValue | None:
    """Answer that there are no tokens just now; None goes on."""
    fault = faults.take(Kind.TOKEN_DOWN)
    if fault is None:
        return None
    wait = fault.more.get("after_seconds")
    return DOWN_PAGE, 503, {"Retry-After": str(wait)} if wait else {}
