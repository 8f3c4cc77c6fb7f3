"""Verify setup: the steps of the last time, and the button that goes through them."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import Form, StringField

from portal import db
from portal.errors import Refused
from portal.intake import test_mail
from portal.watch import verify
from portal.web import forms
from portal.web.accounts import listing
from portal.web.language import said
from portal.web.session import guard
from portal.web.settings import place
from portal.web.settings.test_mail import usual
from portal.workspace import accounts, verification
from portal.workspace.accounts import Account

bp = Blueprint("verification", __name__)
guard.admins_only(bp, home="/accounts")


class VerificationForm(Form):
    """Whom to send a test mail at the end; empty: nobody."""

    to = StringField()

    def validate_to(self, field: StringField) -> None:
        if field.data:
            field.data = forms.read_address(field.data, "")


@bp.get("/accounts/<uuid:account_id>/verification")
def show(account_id: UUID) -> str:
    """Show what was found the last time."""
    return _page(account_id, VerificationForm())


@bp.post("/accounts/<uuid:account_id>/verification")
def begin(account_id: UUID) -> ResponseReturnValue:
    """Go through all steps now; it takes a minute at most."""
    form, account = VerificationForm(request.form), _account(account_id)
    if not form.validate():
        return _page(account_id, form), 422
    found = verify.run(account.id, guard.admin().called)
    if form.to.data and found.well:
        try:
            test_mail.follow(found, form.to.data, **usual())
        except Refused as error:
            form.form_errors.append(said(error))
            return _page(account_id, form), 422
    return redirect(f"/accounts/{account_id}/verification", code=303)


def _page(account_id: UUID, form: VerificationForm) -> str:
    account = _account(account_id)
    with db.reading() as session:
        last = verification.last(session, account_id)
        return render_template(
            "verification/index.html",
            row=listing.row(session, account),
            found=test_mail.judged(session, last) if last else None,
            form=form,
            home=place.of(session, account_id),
        )


def _account(account_id: UUID) -> Account:
    with db.reading() as session:
        return accounts.living(session, account_id)
