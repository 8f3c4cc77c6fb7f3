"""Who is here, and who may go on: pages are for workspace admins.

Every blueprint has this guard or is named as public by tests/house/test_guards.py.
"""

from flask import Blueprint, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal import db, vault
from portal.errors import CannotDecrypt, NotAuthorized
from portal.web.language import gettext as _
from portal.web.session import cookies
from portal.workspace.people import sessions
from portal.workspace.people.sessions import Person


def admins_only(bp: Blueprint, home: str) -> None:
    """Let nobody but workspace admins in; others sign in and go on from there.

    `home` is where they go on who came with something other than an address.
    """

    def check() -> ResponseReturnValue | None:
        if not vault.unlocked():
            raise CannotDecrypt
        return None if signed_in() else _lead_to_sign_in(home)

    bp.before_request(check)


def signed_in() -> Person | None:
    """Return who is signed in here; None if nobody is."""
    if "person" not in g:
        g.person = None  # should the database be away, it is asked once
        g.person = _find()
    person: Person | None = g.person
    return person


def admin() -> Person:
    """Return who is signed in, behind the guard."""
    person = signed_in()
    if person is None:
        raise NotAuthorized(_("Please sign in first."))
    return person


def wants_json() -> bool:
    """Tell whether a script asks, and not a browser for a page."""
    return request.accept_mimetypes.best == "application/json"


def _find() -> Person | None:
    secret = cookies.read("session")
    if not secret or not vault.unlocked():
        return None
    with db.reading() as session:
        person = sessions.find(session, secret)
    # A page that asks again by itself keeps nobody signed in.
    if person and not person.fresh and not _by_itself():
        with db.session() as session:
            sessions.touch(session, secret)
    return person


def _by_itself() -> bool:
    """Tell whether a script asks; who opens a page or posts a form navigates.

    A browser that does not say so (Sec-Fetch-Mode) asks for a page, or for JSON.
    """
    mode = request.headers.get("Sec-Fetch-Mode", "navigate")
    return mode != "navigate" or wants_json()


def _lead_to_sign_in(home: str) -> ResponseReturnValue:
    if wants_json():
        return {"errors": {"": _("Please sign in first.")}}, 401
    asked = request.full_path.rstrip("?") if request.method == "GET" else home
    return redirect(url_for("sign_in.index", next=asked), code=303)
