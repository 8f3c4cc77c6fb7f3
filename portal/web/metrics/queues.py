"""Figures of the queue: how many messages stand where, and how late the oldest is."""

from collections.abc import Iterator

from prometheus_client.core import Metric

from portal import clock
from portal.db import Session
from portal.mail import lanes
from portal.mail.outbox import State
from portal.mail.tally import depth
from portal.web.metrics import names

STATES = (State.QUEUED, State.SENDING, State.HELD, State.UNCONFIRMED)


def families(session: Session) -> Iterator[Metric]:
    """Tell what has not ended; what waits behind a held account is held."""
    known, found = names.of_accounts(session), depth.by_state(session)
    told = "Messages that have not ended."
    waiting = names.gauge("queue_messages", told, "account", "state")
    for account_id, account in known.items():
        counts = {state: found.get((account_id, state), 0) for state in STATES}
        if lanes.holding(session, account_id):
            counts[State.HELD] += counts[State.QUEUED]
            counts[State.QUEUED] = 0
        for state, count in counts.items():
            waiting.add_metric([account, state], count)
    yield waiting
    told = "How long the oldest message of the queue has been due."
    age, now = names.gauge("queue_oldest_seconds", told, "account"), clock.now()
    due = depth.oldest(session, known)
    for account_id, account in known.items():
        late = (now - due.get(account_id, now)).total_seconds()
        age.add_metric([account], max(late, 0))
    yield age
