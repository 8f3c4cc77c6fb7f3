"""What a key may use over HTTP: accounts and how they stand, its limits, its queue."""

from typing import Any

from flask import g
from flask.typing import ResponseReturnValue

from portal import config, db
from portal.intake import test_mail
from portal.intake.http import door
from portal.intake.http.door import bp
from portal.mail.outbox import records
from portal.workspace import accounts, incidents, standing, verification
from portal.workspace.accounts import Account
from portal.workspace.people.limits import Limits
from portal.workspace.standing import report
from portal.workspace.verification import report as verifications


@bp.get("/status")
def status() -> ResponseReturnValue:
    """Tell what this key may use, how that stands, and what of its own still waits.

    Of accounts that it may not use it learns nothing.
    """
    door.refuse_parameters(())
    limits = g.key.limits
    with db.reading() as session:
        every = accounts.every(session)
        mine = limits.among(every)
        hidden = {each.id for each in every} - {each.id for each in mine}
        told = {
            "accounts": [_account(session, each) for each in mine],
            "messages": records.depth(session, g.key.id, [each.id for each in every]),
            "expiring": report.expiring(session, hidden),
            "incidents": report.troubles(incidents.going_on(session), hidden),
            "worker_seen_at": report.worker_seen_at(session),
        }
    return {"key": g.key.name, "limits": _limits(limits, mine), **told}


def _account(session: db.Session, account: Account) -> dict[str, Any]:
    last = verification.last(session, account.id)
    found = test_mail.judged(session, last) if last else None
    return {
        **report.account(session, account, standing.brief(session, account)),
        "verification": verifications.told(session, found) if found else None,
    }


def _limits(limits: Limits, mine: list[Account]) -> dict[str, Any]:
    """Tell what is limited; null is not."""
    most = config.current().max_message
    return {
        "accounts": [each.name for each in mine] if limits.accounts else None,
        "from": list(limits.senders) or None,
        "per_minute": limits.per_minute,
        "max_size": min(most, limits.max_size or most),
    }
