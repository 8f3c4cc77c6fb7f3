"""API keys: which there are, and a new one, whose secret is shown once."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal import db
from portal.errors import NotAllowed
from portal.web.access import page
from portal.web.access.form import KeyForm
from portal.web.access.page import Created
from portal.web.language import said
from portal.web.session import guard
from portal.workspace import accounts, audit
from portal.workspace.people import keys
from portal.workspace.people.limits import NONE

bp = Blueprint("keys", __name__)
guard.admins_only(bp, home="/keys")


@bp.get("/keys")
def index() -> str:
    """List all keys, and offer to make one."""
    return page.show()


@bp.post("/keys")
def create() -> ResponseReturnValue:
    """Make a key.

    The answer itself shows the secret: on the way to another page something would have
    to keep it. Whoever loads it again is told that the name is taken.
    """
    form = KeyForm(request.form)
    with db.reading() as session:
        form.offer(accounts.every(session), NONE)
    if not form.validate():
        return page.show(form), 422
    try:
        created = _make(form)
    except NotAllowed as error:
        form.name.errors = [said(error)]
        return page.show(form), 422
    # No browser and nothing on the way keeps it, whatever other pages may do.
    return page.show(created=created), 201, {"Cache-Control": "no-store"}


def _make(form: KeyForm) -> Created:
    name, limits = (form.name.data or "").strip(), form.limits()
    with db.session() as session:
        secret = keys.create(session, name, limits)
        told = ["created key", *limits.told(accounts.every(session))]
        audit.note(session, guard.admin().called, ", ".join(told), name)
    return Created(name=name, secret=secret, limits=limits)
