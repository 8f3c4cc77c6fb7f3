"""Send test email: a message like any other, and what became of it, explained."""

from datetime import timedelta
from uuid import UUID

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue
from wtforms import Form, StringField

from portal import clock, db
from portal.accept import Caller
from portal.errors import NotFound, Refused
from portal.intake import desk
from portal.mail import lanes, outbox
from portal.mail.message import Message
from portal.mail.outbox import records
from portal.mail.outbox.records import Record
from portal.web import forms
from portal.web.language import gettext as _
from portal.web.language import said
from portal.web.session import guard
from portal.web.settings import page, verdict
from portal.workspace import standing
from portal.workspace.standing import State

bp = Blueprint("test_mail", __name__)
guard.admins_only(bp, home="/settings/test")

TAG = "test"
LIFE = timedelta(minutes=10)  # nobody waits longer for a verdict
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


@bp.get("/settings/test")
def ask() -> str:
    """Ask whom to send it to, and what."""
    return _show(_filled(), _blocked())


@bp.post("/settings/test")
def send() -> ResponseReturnValue:
    """Send it at once, even if the account is held: it may be well again."""
    form, blocked = TestMailForm(request.form), _blocked()
    if not form.validate() or blocked:
        return _show(form, blocked), 422
    try:
        receipt = desk.take(_message(form), Caller(name=guard.admin().called))
    except Refused as error:
        form.form_errors.append(said(error))
        return _show(form, blocked), 422
    message_id = UUID(receipt.id)
    with db.session() as session:
        outbox.hasten(session, message_id)
        lanes.probe(session, records.find(session, message_id).account_id)
    return redirect(f"/settings/test/{message_id}", code=303)


@bp.get("/settings/test/<uuid:message_id>")
def tell(message_id: UUID) -> str:
    """Tell what became of a test mail."""
    with db.reading() as session:
        found = verdict.find(session, _sent_here(session, message_id))
    return page.show(template="settings/verdict.html", verdict=found)


def _show(form: TestMailForm, blocked: str) -> str:
    return page.show(
        template="settings/test_mail.html",
        test=form,
        nobody=not guard.admin().address,
        own=form.to.data == guard.admin().address,
        blocked=blocked,
    )


def _filled() -> TestMailForm:
    """Fill in what was sent before, else the usual words to the admin's own address."""
    try:
        with db.reading() as session:
            message_id = UUID(request.args.get("again", ""))
            record = _sent_here(session, message_id)
            subject, text = record.subject, verdict.text_of(session, message_id)
    except (ValueError, NotFound):
        return TestMailForm(
            formdata=None,
            to=guard.admin().address,
            subject=_("TEST MESSAGE!"),
            text=_("ATTENTION: THIS IS A TEST MESSAGE!"),
        )
    to = next(iter(record.to), "")
    return TestMailForm(formdata=None, to=to, subject=subject, text=text)


def _sent_here(session: db.Session, message_id: UUID) -> Record:
    """Return a message that this page made; raise NotFound for all others."""
    record = records.find(session, message_id)
    if TAG not in record.tags or record.key_id is not None:
        raise NotFound(_("There is no such test mail."))
    return record


def _message(form: TestMailForm) -> Message:
    return Message(
        to=form.to.data,
        subject=form.subject.data or "",
        text=form.text.data or "",
        priority="high",
        expires_at=clock.now() + LIFE,
        tags=[TAG],
    )


def _blocked() -> str:
    """Tell why nothing can be sent at all; "" if it can."""
    with db.reading() as session:
        now = standing.now(session)
    if now.state in OPEN:
        return ""
    if now.state == State.RECONNECT:
        return _("Sign in again first.")
    return _("No mailbox is connected yet, so there is nothing to send it from.")
