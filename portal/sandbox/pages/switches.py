"""The faults page: buttons that let the next requests go wrong."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.sandbox import faults
from portal.sandbox.faults import Kind
from portal.sandbox.pages import door

bp = Blueprint("switches", __name__)


@bp.get("/faults")
def show() -> ResponseReturnValue:
    """Show what can go wrong, and what is going to."""
    return render_template("faults.html", waiting=faults.waiting(), kinds=Kind)


@bp.post("/faults")
def place() -> ResponseReturnValue:
    """Place the fault of the pressed button."""
    times = request.form.get("times", 1, type=int) or None
    kind = request.form.get("kind", "")
    if kind in set(Kind):
        door.place(Kind(kind), times, {})
    return redirect(url_for("switches.show"), 303)


@bp.post("/faults/cleared")
def clear() -> ResponseReturnValue:
    """Take back everything."""
    door.clear_faults()
    return redirect(url_for("switches.show"), 303)
