"""Test setting: a test mail by one account, and what became of it."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal import db
from portal.errors import NotFound, Refused
from portal.intake import test_mail
from portal.web.accounts import listing
from portal.web.accounts.listing import Row
from portal.web.language import said
from portal.web.session import guard
from portal.web.settings import verdict
from portal.web.settings.test_mail import TestMailForm, nobody, usual
from portal.workspace import accounts

bp = Blueprint("account_test_mail", __name__)
guard.admins_only(bp, home="/accounts")


@bp.get("/accounts/<uuid:account_id>/test")
def ask(account_id: UUID) -> str:
    """Ask whom to send it to, and what."""
    form = TestMailForm(formdata=None, data=usual(), to=guard.admin().address)
    return _show(form, _row(account_id))


@bp.post("/accounts/<uuid:account_id>/test")
def send(account_id: UUID) -> ResponseReturnValue:
    """Send it at once, even if the account is held: it may be well again."""
    form, row = TestMailForm(request.form), _row(account_id)
    if not form.validate():
        return _show(form, row), 422
    to, subject, text = form.to.data or "", form.subject.data or "", form.text.data
    try:
        message_id = test_mail.send(
            to, subject, text or "", guard.admin().called, row.account.name
        )
    except Refused as error:
        form.form_errors.append(said(error))
        return _show(form, row), 422
    return redirect(f"/accounts/{account_id}/test/{message_id}", code=303)


@bp.get("/accounts/<uuid:account_id>/test/<uuid:message_id>")
def tell(account_id: UUID, message_id: UUID) -> str:
    """Tell what became of a test mail."""
    row = _row(account_id)
    with db.reading() as session:
        record = test_mail.find(session, message_id)
        if record.account_id != account_id:
            raise NotFound("There is no such test mail.")
        found = verdict.find(session, record)
    return render_template("accounts/verdict.html", verdict=found, row=row)


def _show(form: TestMailForm, row: Row) -> str:
    return render_template(
        "accounts/test_mail.html", test=form, row=row, nobody=nobody()
    )


def _row(account_id: UUID) -> Row:
    with db.reading() as session:
        return listing.row(session, accounts.living(session, account_id))
