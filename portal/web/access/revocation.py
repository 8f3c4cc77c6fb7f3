"""Revocation: a key that ends at once, after a word about what ends with it."""

from uuid import UUID

from flask import Blueprint, flash, redirect
from flask.typing import ResponseReturnValue

from portal import db
from portal.errors import NotAllowed
from portal.web.access import page
from portal.web.language import gettext as _
from portal.web.language import said
from portal.web.session import guard
from portal.workspace import audit
from portal.workspace.people import keys

bp = Blueprint("revocation", __name__)
guard.admins_only(bp, home="/keys")


@bp.get("/keys/<uuid:key_id>/revocation")
def ask(key_id: UUID) -> ResponseReturnValue:
    """Say what stops working without this key, and what does not."""
    key = page.find(key_id)
    if key.revoked_at:
        return redirect("/keys", code=303)
    return page.show(template="keys/revocation.html", ending=key)


@bp.post("/keys/<uuid:key_id>/revocation")
def revoke(key_id: UUID) -> ResponseReturnValue:
    """End a key at once."""
    name = page.find(key_id).name
    try:
        with db.session() as session:
            keys.named(session, name)
            keys.revoke(session, name)
            audit.note(session, guard.admin().called, "revoked key", name)
    except NotAllowed as error:
        flash(said(error), "warn")
    else:
        flash(_("The key %(name)s is revoked: it opens nothing.") % {"name": name})
    return redirect("/keys", code=303)
