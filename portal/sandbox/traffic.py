"""What was asked of Microsoft lately: for tests that count what a mail cost."""

from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

from flask import Response, current_app, request

from portal.sandbox.graph.wire import Ended

KEPT = 10_000
MICROSOFT = ("/v1.0/", "/api/", "/oauth2/", "/v2.0/")  # the rest is our own pages


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request, without its tokens."""

    method: str
    path: str
    bytes: int  # of its body, as announced
    status: int | None  # None: it was not answered, or not to the end


Traffic = deque[Asked]


def fresh(kept: int = KEPT) -> Traffic:
    """Return a list that forgets its oldest; it lives in this process."""
    return deque(maxlen=kept)


def note(response: Response) -> Response:
    """Remember the present request with its answer."""
    if any(place in request.path for place in MICROSOFT):
        lost = isinstance(response, Ended) and not response.whole
        asked = Asked(
            method=request.method,
            path=request.path,
            bytes=request.content_length or 0,
            status=None if lost else response.status_code,
        )
        _traffic().append(asked)
    return response


def lately(only: str) -> list[dict[str, Any]]:
    """Return the requests with these words in "METHOD path ", oldest first."""
    asked = _traffic().copy()
    return [asdict(each) for each in asked if only in f"{each.method} {each.path} "]


def forget() -> None:
    """Begin to count anew."""
    _traffic().clear()


def _traffic() -> Traffic:
    found: Traffic = current_app.extensions["sandbox.traffic"]
    return found
