"""Drafts that are being changed: two changes at the same time are in conflict."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app

from portal.sandbox.graph.problems import Problem


class Busy:
    """The drafts that are being changed at this moment."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.drafts: set[str] = set()


@contextmanager
def alone(draft_id: str) -> Iterator[None]:
    """Change a draft's files; raise 412 while another request does."""
    busy: Busy = current_app.extensions["sandbox.busy"]
    with busy.lock:
        if draft_id in busy.drafts:
            raise Problem(
                412,
                "ErrorIrresolvableConflict",
                "The send or update operation could not be performed because the"
                " change key passed in the request does not match.",
            )
        busy.drafts.add(draft_id)
    try:
        yield
    finally:
        with busy.lock:
            busy.drafts.discard(draft_id)
