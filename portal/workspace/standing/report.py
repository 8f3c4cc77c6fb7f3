"""The report: how the portal stands, in plain values, for programs.

The command line and the API tell it in the same words. Sentences are in English.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portal import clock
from portal.explanations import Told
from portal.mail import lanes
from portal.mail.lanes import budgets, charges, meters
from portal.mail.outbox import records
from portal.mail.outbox.records import forecast, queue
from portal.workspace import expiry
from portal.workspace.accounts import Account, places
from portal.workspace.connections import Connection
from portal.workspace.incidents import Incident
from portal.workspace.standing import Brief


def account(session: Session, of: Account, brief: Brief) -> dict[str, Any]:
    """Tell whether an account can send, as whom, and how its queue stands."""
    connection, why = brief.connection, told(session, of, brief)
    since, proven = _since(of, connection)
    return {
        "account": of.name,
        "state": brief.outline,
        "reason": brief.reason,
        "explanation": why.plain if why else None,
        "from": of.sender,
        "senders": list(of.senders or filter(None, [of.sender])),
        "default": of.is_default,
        "connected_as": connection.called if connection else None,
        "since": clock.plain(since),
        "checked_at": clock.plain(connection.renewed_at if connection else None),
        "proven": proven is not None,
        "waiting": records.waiting(session, of.id),
        "oldest_due_at": clock.plain(queue.waiting_since(session, of.id)),
        "through_at": clock.plain(forecast.through_at(session, of.id)),
        "budgets": _budgets(session, of),
        "per_minute": lanes.paced(session, of.id),
    }


def told(session: Session, of: Account, brief: Brief) -> Told | None:
    """Explain why somebody must act, and where; None if nobody must."""
    why = brief.told
    return why.at(places.repair(session, of)) if why else None


def expiring(session: Session, hidden: Collection[UUID] = ()) -> list[dict[str, Any]]:
    """Tell what ends soon, the soonest of it first; nothing of hidden accounts."""
    return [
        {
            "kind": each.kind,
            "subject": each.subject,
            "ends_at": clock.plain(each.ends_at),
            "days": each.days,
            "sentence": each.sentence,
            "remedy": each.remedy,
            "who": each.who,
        }
        for each in expiry.warnings(session)
        if each.account_id not in hidden
    ]


def troubles(
    known: Sequence[Incident], hidden: Collection[UUID] = ()
) -> list[dict[str, Any]]:
    """Tell what each incident is about; nothing of hidden accounts."""
    return [
        {
            "kind": each.condition.kind,
            "title": each.condition.title,
            "why": each.condition.why,
            "steps": list(each.condition.steps),
            "who": each.condition.who,
            "since": clock.plain(each.opened_at),
        }
        for each in known
        if not any(str(account_id) in each.condition.subject for account_id in hidden)
    ]


def worker_seen_at(session: Session) -> str | None:
    """Tell when a worker last said that it was there; beside it the watch runs."""
    return clock.plain(meters.attended_at(session))


def _since(
    of: Account, connection: Connection | None
) -> tuple[datetime | None, datetime | None]:
    """Tell since when it can send, and when that was proven."""
    if connection:
        return connection.connected_at, connection.proven_at
    since = None if of.by_consent else of.changed_at
    return since, of.proven_at


def _budgets(session: Session, of: Account) -> dict[str, Any] | None:
    """Tell what its mailbox spent and may spend; None if it cannot send."""
    charged = charges.charged(session, of.id)
    if charged is None:
        return None
    return {
        name: {
            "spent": budgets.used(charged.spent, budget, clock.now()),
            "limit": charged.limits.get(name),
            "window_seconds": int(budget.window.total_seconds()),
        }
        for name, budget in budgets.BUDGETS.items()
    }
