"""Who changed what, the newest first."""

from flask import Blueprint, render_template, request

from portal import db
from portal.web import forms
from portal.web.session import guard
from portal.workspace import audit

bp = Blueprint("audit", __name__)
guard.admins_only(bp, home="/audit")

PAGE = 50  # changes


@bp.get("/audit")
def index() -> str:
    """List changes page by page: a long history costs no more than a short one."""
    before = forms.whole(request.args.get("before", ""))
    with db.reading() as session:
        found = audit.page(session, before, PAGE + 1)
    return render_template(
        "audit/index.html",
        entries=found[:PAGE],
        before=before,
        older=found[PAGE - 1].id if len(found) > PAGE else None,
    )
