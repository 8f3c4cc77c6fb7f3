"""What Prometheus reads: `/metrics`, asked of the database each time.

So it is right with any number of processes and machines, whichever of them answers.
No recipient is named; accounts are, and the addresses that mail leaves by.
"""

import hmac
from collections.abc import Iterator
from urllib.parse import urlsplit

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from portal import config, db, vault
from portal.web.metrics import accounts, house, incidents, mailboxes, mails, queues

IN_THE_CLEAR = (house, mails, queues, mailboxes, incidents)
CLOSED = (
    "The metrics of a portal that others can reach are read with the token in"
    " PORTAL_METRICS_TOKEN: Authorization: Bearer TOKEN\n"
)

bp = Blueprint("metrics", __name__)


class Figures(Collector):
    """All figures as they are now, read in one transaction."""

    def collect(self) -> Iterator[Metric]:
        with db.reading() as session:
            sealed = (accounts,) if vault.unlocked() else ()
            for room in (*IN_THE_CLEAR, *sealed):
                yield from room.families(session)


@bp.get("/metrics")
def metrics() -> ResponseReturnValue:
    """Tell all figures, in the format that is asked for."""
    if not _allowed():
        refused = Response(CLOSED, 401, mimetype="text/plain")
        refused.headers["WWW-Authenticate"] = "Bearer"
        return refused
    figures = CollectorRegistry()
    figures.register(Figures())
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return Response(encode(figures), content_type=content_type)


def _allowed() -> bool:
    """Tell whether who asks has the token, or without one is on this machine."""
    chosen = config.current()
    if token := chosen.metrics_token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), token.encode())
    # By a name that others gave this machine, a page of theirs may be asking.
    return chosen.local and config.is_loopback(
        urlsplit(request.root_url).hostname or ""
    )
