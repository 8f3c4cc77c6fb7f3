"""Test these settings: a trial account of what is typed, which goes by itself.

It sends one mail to the admin's own address through the outbox, like any other.
"""

from uuid import UUID

from flask import Blueprint, redirect, render_template
from flask.typing import ResponseReturnValue

from portal import db
from portal.errors import NotAllowed, NotFound, Refused
from portal.intake import test_mail
from portal.web.accounts import account, keeping, listing
from portal.web.accounts.form import AccountForm, Kept, filled
from portal.web.language import gettext as _
from portal.web.language import said
from portal.web.session import guard
from portal.web.settings import verdict
from portal.web.settings.test_mail import nobody, usual
from portal.workspace import accounts

bp = Blueprint("account_trial", __name__)
guard.admins_only(bp, home="/accounts")


@bp.post("/accounts/trial")
def try_new() -> ResponseReturnValue:
    """Try an account that is not there yet."""
    return _try(keeping.typed(), None)


@bp.post("/accounts/<uuid:account_id>/trial")
def try_changed(account_id: UUID) -> ResponseReturnValue:
    """Try what is typed about an account; a password left out is the kept one."""
    kept = keeping.kept(account_id)
    form = keeping.typed()
    form.way.data = filled(kept).way.data
    return _try(form, kept)


@bp.get("/accounts/trial/<uuid:message_id>")
def tell(message_id: UUID) -> str:
    """Tell what became of a trial."""
    with db.reading() as session:
        record = test_mail.find(session, message_id)
        trial = accounts.by_id(session, record.account_id)
        if not trial.trial:
            raise NotFound("There is no such test mail.")
        row = listing.row(session, trial)
        found = verdict.find(session, record)
    return render_template("accounts/verdict.html", verdict=found, row=row, trial=True)


def _try(form: AccountForm, kept: Kept | None) -> ResponseReturnValue:
    if not form.validate():
        return account.page(form, kept), 422
    admin = guard.admin()
    if not admin.address:
        form.form_errors.append(nobody())
        return account.page(form, kept), 422
    try:
        message_id = _sent(form, kept, admin.address)
    except Refused as error:
        form.form_errors.append(said(error))
        return account.page(form, kept), 422
    return redirect(f"/accounts/trial/{message_id}", code=303)


def _sent(form: AccountForm, kept: Kept | None, to: str) -> UUID:
    if form.by_consent:
        raise NotAllowed(
            _("An account with a user’s sign-in is saved first, then tested.")
        )
    name = f"trial {db.new_id()}"
    keeping.add_trial(form, name, kept)
    by = guard.admin().called
    return test_mail.send(to, **usual(), by=by, account=name)
