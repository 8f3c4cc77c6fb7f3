"""The sandbox for tests: mails and faults as JSON."""

from typing import Any

from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue

from portal.sandbox import faults, grants, traffic
from portal.sandbox.faults import Kind
from portal.sandbox.graph.limits import Throttle
from portal.sandbox.mailbox import mails
from portal.sandbox.seeds import ACCOUNTS, CLIENT_ID, CONTOSO

bp = Blueprint("door", __name__)


@bp.get("/healthz")
def healthy() -> ResponseReturnValue:
    """Say that we listen."""
    return {"status": "ok"}


@bp.get("/mails.json")
def show_mails() -> ResponseReturnValue:
    """Return what was sent, newest first; ?subject= for some, ?limit= for fewer."""
    limit = request.args.get("limit", -1, type=int)
    return mails.sent(request.args.get("subject"), limit)


@bp.delete("/mails.json")
def forget_mails() -> ResponseReturnValue:
    """Empty all mailboxes, and the list of requests with them."""
    mails.forget()
    traffic.forget()
    return "", 204


@bp.get("/requests.json")
def show_requests() -> ResponseReturnValue:
    """Return what Microsoft was asked lately, oldest first; ?only= for some."""
    return traffic.lately(request.args.get("only", ""))


@bp.get("/faults.json")
def show_faults() -> ResponseReturnValue:
    """Return the faults that wait."""
    return [
        {"kind": each.kind, "times": each.times, **each.more}
        for each in faults.waiting()
    ]


@bp.get("/met.json")
def show_met() -> ResponseReturnValue:
    """Return how often each fault was met since they were cleared."""
    return faults.met()


@bp.post("/faults.json")
def place_fault() -> ResponseReturnValue:
    """Place {"kind", "times" (null: until cleared), "after_seconds", "only", …}."""
    asked: dict[str, Any] = request.get_json()
    kind = asked.pop("kind")
    if kind not in set(Kind):
        return {"error": f"kind is one of {', '.join(Kind)}"}, 422
    return place(Kind(kind), asked.pop("times", 1), asked)


def place(kind: Kind, times: int | None, more: dict[str, Any]) -> ResponseReturnValue:
    """Place a fault; two kinds are acts that happen at once."""
    if kind is Kind.REVOKED:
        for account in ACCOUNTS:
            if more.get("user", account.address) == account.address:
                faults.revoke(account.oid)
    elif kind is Kind.CONSENT_LOST:
        grants.forget(CLIENT_ID, CONTOSO.id)
    else:
        faults.place(kind, times, more)
    return "", 204


@bp.delete("/faults.json")
def clear_faults() -> ResponseReturnValue:
    """Take back faults, switches and latency, and start all throttling windows anew."""
    faults.clear()
    faults.set_latency(0)
    throttle: Throttle = current_app.extensions["sandbox.throttle"]
    throttle.forget()
    return "", 204


@bp.post("/latency.json")
def set_latency() -> ResponseReturnValue:
    """Make every answer of Graph take {"seconds"} longer."""
    faults.set_latency(float(request.get_json()["seconds"]))
    return "", 204
