"""Limits of a key: what it may do from the next message on."""

import hashlib
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal import db
from portal.errors import NotAllowed
from portal.web.access import page
from portal.web.access.form import LimitsForm, filled
from portal.web.language import gettext as _
from portal.web.language import said
from portal.web.session import guard
from portal.workspace import accounts, audit
from portal.workspace.people import keys
from portal.workspace.people.keys import Key
from portal.workspace.people.limits import Limits

bp = Blueprint("limits", __name__)
guard.admins_only(bp, home="/keys")


@bp.get("/keys/<uuid:key_id>/limits")
def ask(key_id: UUID) -> ResponseReturnValue:
    """Show what a key may do, to be changed."""
    key = page.find(key_id)
    if key.revoked_at:
        return redirect("/keys", code=303)
    return _show(key, filled(key.limits), _mark(key.limits))


@bp.post("/keys/<uuid:key_id>/limits")
def change(key_id: UUID) -> ResponseReturnValue:
    """Let a key do this and no more, unless somebody else said so meanwhile."""
    key, form = page.find(key_id), LimitsForm(request.form)
    with db.reading() as session:
        form.offer(accounts.every(session), key.limits)
    seen = request.form.get("seen", "")
    if not form.validate():
        return _show(key, form, seen), 422
    try:
        found = _keep(key.name, form.limits(), seen)
    except NotAllowed as error:
        flash(said(error), "warn")
        return redirect("/keys", code=303)
    if found is not None:
        return _show(found, form, _mark(found.limits), overtaken=True), 409
    flash(_("Changes have been saved!"))
    return redirect("/keys", code=303)


def _keep(name: str, limits: Limits, seen: str) -> Key | None:
    """Set limits; return the key if it is not any more as the form showed it."""
    with db.session() as session:
        key, known = keys.named(session, name), accounts.every(session)
        if _mark(key.limits) != seen:
            return key
        if limits != key.limits:
            keys.limit(session, name, limits)
            told = ", ".join(limits.told(known)) or "no limits"
            audit.note(session, guard.admin().called, f"changed key: {told}", name)
    return None


def _show(key: Key, form: LimitsForm, seen: str, *, overtaken: bool = False) -> str:
    with db.reading() as session:
        known = accounts.every(session)
    form.offer(known, key.limits)
    return render_template(
        "keys/limits.html",
        key=key,
        form=form,
        seen=seen,
        overtaken=overtaken,
        in_force=page.words(key.limits, known),
    )


def _mark(limits: Limits) -> str:
    """Mark what a form shows, so that it is known whether it is still so."""
    return hashlib.sha256(repr(limits).encode()).hexdigest()
