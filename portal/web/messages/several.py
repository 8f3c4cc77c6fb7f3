"""Several messages at once, or all that match: decided about step by step.

A step takes no more than one answer has time for, and the page that follows says what
is left: nothing happens to that until somebody goes on. Any step may be repeated.
"""

from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal import db
from portal.intake import bulk, desk
from portal.intake.bulk import Act, Decision, Step
from portal.mail.outbox.records import search
from portal.web import forms
from portal.web.language import gettext as _
from portal.web.messages.search import asked, ids
from portal.web.session import guard
from portal.workspace import accounts

bp = Blueprint("several", __name__)
guard.admins_only(bp, home="/messages")

NOTHING = Step(done=0, refused={}, left=())
MOST = 10**9  # that a count in a form may say


@bp.post("/messages/decisions")
def decide() -> ResponseReturnValue:
    """Decide about the messages that are marked, or about all that match."""
    act = _act()
    if "all" in request.form:
        return _all(act)
    marked = ids(request.form.getlist("message"))
    if not marked:
        flash(_("Please choose at least one message."), "warn")
        return redirect(_list(), code=303)
    decision = _decision(act, "chosen one by one")
    step = bulk.decide(decision, marked[: bulk.STEP])
    return _page(decision, step, left=(*step.left, *marked[bulk.STEP :]))


def _list() -> str:
    """Return where the list is that somebody chose from."""
    said = {name: request.form.get(name, "") for name in ("q", "status")}
    query = urlencode({name: value for name, value in said.items() if value})
    return f"/messages?{query}" if query else "/messages"


def _act() -> Act:
    said = request.form.get("decision", "")
    if said not in set(Act):
        abort(400)
    return Act(said)


def _all(act: Act) -> str:
    """Ask whether all that match are meant; then decide about the next of them."""
    look = asked(request.form, limit=bulk.STEP)
    status = request.form.get("status") or "any"
    decision = _decision(act, f"status {status}, search {look.words!r}")
    if "begun" not in request.form:
        return _page(decision, NOTHING, before=look.before)
    with db.reading() as session:
        every = [each.id for each in accounts.every(session)]
        found = search.find(session, look, every)
    step = bulk.decide(decision, [each.id for each in found.records])
    return _page(decision, step, before=bulk.goes_on(found, step))


def _decision(act: Act, which: str) -> Decision:
    """Return what is decided; the step before has said which decision goes on."""
    caller = desk.caller(guard.admin().called, None)
    known = ids([request.form.get("decided", "")])
    id_ = known[0] if known else db.new_id()
    return Decision(act=act, caller=caller, which=which, id=id_)


def _page(
    decision: Decision,
    step: Step,
    left: tuple[UUID, ...] = (),
    before: UUID | None = None,
) -> str:
    """Tell what a step came to, and let it go on with what is left."""
    return render_template(
        "messages/decided.html",
        act=decision.act.value,
        decided=decision.id,
        step=step,
        so_far=_so_far() + step.done,
        left=left,
        before=before,
        asks="all" in request.form and "begun" not in request.form,
        list=_list(),
        words=request.form.get("q", ""),
        status=request.form.get("status", ""),
        most=bulk.STEP,
    )


def _so_far() -> int:
    return min(forms.whole(request.form.get("so_far", "")) or 0, MOST)
