"""Enable, Save and Sign In: an admin asks for a change, and is led to Microsoft."""

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue

from portal import db
from portal.errors import Conflict
from portal.web.language import gettext as _
from portal.web.language import said
from portal.web.session import guard
from portal.web.settings import page, place
from portal.web.settings.page import SettingsForm
from portal.workspace import registration, standing
from portal.workspace.consent import changes
from portal.workspace.consent.changes import Wish
from portal.workspace.standing import Standing, State

bp = Blueprint("settings", __name__)
guard.admins_only(bp, home="/settings")
bp.url_value_preprocessor(place.keep)


@bp.get("")
def index() -> str:
    """Show what is in force, and what waits."""
    return page.show()


@bp.post("")
def save() -> ResponseReturnValue:
    """Ask for what was typed."""
    form = SettingsForm(request.form)
    valid = form.validate()
    with db.reading() as session:
        now = standing.now(session, place.account(session))
    if not valid or _refused(form, now):
        return _refuse(form, 422)
    wish = Wish(
        sender=form.sender.data,
        large=form.large.data,
        version=form.version.data or 0,
    )
    if _in_force(wish, now):
        return _leave_as_it_is(form)
    return _ask(form, wish)


@bp.post("/connection")
def connect() -> ResponseReturnValue:
    """Ask for what is in force already, with a new sign-in."""
    with db.reading() as session:
        account = place.account(session)
        expected = changes.expected(session, account)
    form = SettingsForm(
        formdata=None,
        sender=account.sender,
        large=account.large_attachments,
        version=account.version,
    )
    if account.sender is None:
        form.form_errors.append(_("Type a From Email Address first."))
        return _refuse(form, 409)
    wish = Wish(
        sender=expected,
        large=account.large_attachments,
        version=account.version,
    )
    return _ask(form, wish)


def _refused(form: SettingsForm, now: Standing) -> bool:
    if now.account.large_attachments and not form.large.data:
        form.form_errors.append(
            _(
                "Large file attachments are authorised and locked until Reset: only"
                " Reset switches them off."
            )
        )
    return bool(form.form_errors)


def _in_force(wish: Wish, now: Standing) -> bool:
    account = now.account
    same = (wish.sender, wish.large) == (account.sender, account.large_attachments)
    open_ = now.state in (State.CONNECTED, State.NEEDS_ATTENTION)
    return same and open_ and not now.lacks_reading


def _leave_as_it_is(form: SettingsForm) -> ResponseReturnValue:
    sentence = _("Nothing has changed.")
    if guard.wants_json():
        form.form_errors.append(sentence)
        return _refuse(form, 422)
    flash(sentence, "busy")
    return redirect(place.here(), code=303)


def _ask(form: SettingsForm, wish: Wish) -> ResponseReturnValue:
    try:
        with db.session() as session:
            if registration.current(session) is None:
                raise Conflict(_("Nobody has registered the application yet."))
            account = place.account(session)
            change = changes.ask(session, account.id, wish, guard.admin().called)
    except Conflict as error:
        form.form_errors.append(said(error))
        return _refuse(form, 409)
    if guard.wants_json():
        return {"consent": f"/consent/{change.id}", "change": str(change.id)}
    return redirect(place.here(f"?change={change.id}"), code=303)


def _refuse(form: SettingsForm, status: int) -> ResponseReturnValue:
    """Say what is wrong and keep what was typed; the next try sees what is in force."""
    if guard.wants_json():
        return {"errors": _errors(form)}, status
    with db.reading() as session:
        form.version.data = place.account(session).version
    return page.show(form), status


def _errors(form: SettingsForm) -> dict[str, str]:
    """Name each field with what is wrong; "" is the form as a whole."""
    return {name or "": " ".join(told) for name, told in form.errors.items()}
