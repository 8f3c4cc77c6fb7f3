"""Leaving for an issuer: the browser is marked, so that it is known when it returns."""

import secrets
from collections.abc import Callable

from flask import Response, make_response, redirect, request
from flask.typing import ResponseReturnValue

from portal import db, vault
from portal.errors import CannotDecrypt
from portal.issuer import Departure
from portal.web.session import cookies

BROWSER_BYTES = 32
BROWSER_SECONDS = 24 * 60 * 60  # a trip is short, but how it ended may be read for long


def send(begin: Callable[[db.Session, str], Departure]) -> ResponseReturnValue:
    """Begin a trip for this browser and send it there.

    Who only looks ahead (HEAD, a prefetch) begins none, and learns nothing.
    """
    if not vault.unlocked():
        raise CannotDecrypt
    if request.method == "HEAD" or _looks_ahead():
        return "", 204
    browser = cookies.read("browser") or secrets.token_urlsafe(BROWSER_BYTES)
    with db.session() as session:
        departure = begin(session, browser)
    response = make_response(redirect(departure()))
    cookies.give(response, "browser", browser, BROWSER_SECONDS)
    return keep_opener(response)


def keep_opener(response: Response) -> Response:
    """Let the page that opened this window keep its hold on it."""
    response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return response


def _looks_ahead() -> bool:
    told = request.headers.get("Sec-Purpose") or request.headers.get("Purpose", "")
    return "prefetch" in told
