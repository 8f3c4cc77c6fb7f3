"""A call to Graph: from the token to the answer, with whatever is to go wrong."""

import time
from collections.abc import Callable
from functools import wraps

from flask import request
from flask.typing import ResponseReturnValue

from portal.sandbox import faults
from portal.sandbox.graph import access, limits, mishaps

View = Callable[..., ResponseReturnValue]


def needs(permission: str) -> Callable[[View], View]:
    """Give a view its caller and mailbox, as first arguments, or refuse the call."""

    def decorate(view: View) -> View:
        @wraps(view)
        def call(name: str | None = None, **parts: str) -> ResponseReturnValue:
            by = access.caller()
            mailbox = access.open_mailbox(by, name, permission)
            with limits.slot((by.app_id, mailbox.oid)):
                asked = f"{request.method} {request.path}"
                fault = faults.take(*faults.GRAPH, request=asked)
                time.sleep(faults.latency())
                return mishaps.play(fault, lambda: view(by, mailbox, **parts))

        return call

    return decorate
