"""Send test email: a message like any other, and what became of it, explained."""

from uuid import UUID

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue
from wtforms import Form, StringField

from portal import db
from portal.errors import NotFound, Refused
from portal.intake import test_mail
from portal.web import forms
from portal.web.language import gettext as _
from portal.web.language import said
from portal.web.session import guard
from portal.web.settings import page, place, verdict
from portal.workspace import standing
from portal.workspace.standing import State

bp = Blueprint("test_mail", __name__)
guard.admins_only(bp, home="/settings/test")
bp.url_value_preprocessor(place.keep)

SUBJECT_LIMIT = 255  # characters
TEXT_LIMIT = 10_000
OPEN = (State.CONNECTED, State.NEEDS_ATTENTION)


class TestMailForm(Form):
    """A test mail as it is typed."""

    to = StringField()
    subject = StringField(validators=[forms.at_most(SUBJECT_LIMIT)])
    text = StringField(validators=[forms.at_most(TEXT_LIMIT)])

    def validate_to(self, field: StringField) -> None:
        field.data = forms.read_address(field.data, _("Type an address to send to."))


@bp.get("/test")
def ask() -> str:
    """Ask whom to send it to, and what."""
    return _show(_filled(), _blocked())


@bp.post("/test")
def send() -> ResponseReturnValue:
    """Send it at once, even if the account is held: it may be well again."""
    form, blocked = TestMailForm(request.form), _blocked()
    if not form.validate() or blocked:
        return _show(form, blocked), 422
    try:
        message_id = _send(form)
    except Refused as error:
        form.form_errors.append(said(error))
        return _show(form, blocked), 422
    return redirect(place.here(f"/test/{message_id}"), code=303)


@bp.get("/test/<uuid:message_id>")
def tell(message_id: UUID) -> str:
    """Tell what became of a test mail."""
    with db.reading() as session:
        record = test_mail.find(session, message_id)
        if record.account_id != place.account(session).id:
            raise NotFound("There is no such test mail.")
        found = verdict.find(session, record)
    return page.show(template="settings/verdict.html", verdict=found)


def usual() -> dict[str, str]:
    """Return what a test mail says unless somebody types something else."""
    return {
        "subject": _("TEST MESSAGE!"),
        "text": _("ATTENTION: THIS IS A TEST MESSAGE!"),
    }


def nobody() -> str:
    """Say that the admin has no address to send to; "" if there is one."""
    if guard.admin().address:
        return ""
    return _(
        "There is no e-mail defined for your Administrator Account. You must setup the"
        " e-mail address from Microsoft 365 admin center > Active users."
    )


def _show(form: TestMailForm, blocked: str) -> str:
    return page.show(
        template="settings/test_mail.html",
        test=form,
        nobody=nobody(),
        own=form.to.data == guard.admin().address,
        blocked=blocked,
    )


def _filled() -> TestMailForm:
    """Fill in what was sent before, else the usual words to the admin's own address."""
    try:
        with db.reading() as session:
            message_id = UUID(request.args.get("again", ""))
            record = test_mail.find(session, message_id)
            subject, text = record.subject, verdict.text_of(session, message_id)
    except (ValueError, NotFound):
        return TestMailForm(formdata=None, data=usual(), to=guard.admin().address)
    to = next(iter(record.to), "")
    return TestMailForm(formdata=None, to=to, subject=subject, text=text)


def _send(form: TestMailForm) -> UUID:
    subject, text = form.subject.data or "", form.text.data or ""
    with db.reading() as session:
        account = place.account(session).name
    return test_mail.send(
        form.to.data or "", subject, text, guard.admin().called, account
    )


def _blocked() -> str:
    """Tell why nothing can be sent at all; "" if it can."""
    with db.reading() as session:
        now = standing.now(session, place.account(session))
    if now.state in OPEN:
        return ""
    if now.state == State.RECONNECT:
        return _("Sign in again first.")
    return _("No mailbox is connected yet, so there is nothing to send it from.")
