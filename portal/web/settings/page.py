"""The settings page: how an account stands, and the form that changes it."""

from datetime import datetime
from uuid import UUID

from flask import render_template, request
from wtforms import BooleanField, Form, IntegerField, StringField

from portal import config, db
from portal.errors import Answer, Need, NotFound
from portal.mail import journal, permits
from portal.mail.journal import Event
from portal.microsoft import issuer as microsoft
from portal.web import forms
from portal.web.language import gettext as _
from portal.web.session import guard
from portal.web.settings import place
from portal.workspace import accounts, expiry, senders, standing
from portal.workspace.accounts import Account
from portal.workspace.consent import changes
from portal.workspace.consent.changes import Change, Stage
from portal.workspace.standing import Standing


class SettingsForm(Form):
    """What an admin wants, and which version of the settings they saw."""

    sender = StringField()
    large = BooleanField()
    version = IntegerField()

    def validate_sender(self, field: StringField) -> None:
        field.data = forms.read_address(
            field.data, _("Type a From Email Address first.")
        )


def show(
    form: SettingsForm | None = None,
    template: str = "settings/index.html",
    **more: object,
) -> str:
    """Return the page as it is now; `form` keeps what somebody typed."""
    asked = _asked_about()
    with db.reading() as session:
        now = standing.now(session, place.account(session))
        done = _ended(session, now.account, asked) if asked else None
        others = _others(session, now.account)
        fallback = _fallback(session, now.account)
        ends = expiry.of_application(session)
        answer = _answer(session, now)
        held = permits.count(session, now.account.id, Need.LARGE_ATTACHMENTS)
    return render_template(
        template,
        standing=now,
        form=form if form is not None else _filled(now),
        person=guard.admin(),
        answer=answer,
        held_for_large=held,
        done=done,
        at=place.here(),
        workspace=place.here() == place.OWN,
        others=others,
        fallback=fallback,
        expires=_expires(now),
        endings=ends,
        **_ways(now.change),
        **more,
    )


def _expires(now: Standing) -> datetime | None:
    return now.connection.renewed_at + microsoft.UNUSED if now.connection else None


def _answer(session: db.Session, now: Standing) -> Answer:
    """Return what the other side said for which mail is held."""
    held = Event.ACCOUNT_HELD
    line = journal.last(session, now.account.id, held) if now.reason else None
    if line is None or line.answer is None or line.cause != now.cause:
        return Answer()
    return line.answer


def _asked_about() -> UUID | None:
    try:
        return UUID(request.args.get("change", ""))
    except ValueError:
        return None


def told(session: db.Session, account: Account, change_id: UUID) -> Change:
    """Return a change of an account; raise NotFound."""
    change = changes.find(session, change_id)
    if change.account_id != account.id:
        raise NotFound("There is no such change.")
    return change


def _ended(session: db.Session, account: Account, change_id: UUID) -> Change | None:
    try:
        change = told(session, account, change_id)
    except NotFound:
        return None
    return change if change.ended else None


def _others(session: db.Session, account: Account) -> list[str]:
    """Tell as what mail leaves by other accounts that are switched on."""
    every = (each for each in accounts.every(session) if each.enabled)
    named = [senders.told(each.senders) or each.sender or "" for each in every]
    return [each for each in dict.fromkeys(named) if each not in ("", account.sender)]


def _fallback(session: db.Session, account: Account) -> str:
    """Name the account by which mail leaves while this one cannot send it."""
    if account.fallback_id is None:
        return ""
    return accounts.by_id(session, account.fallback_id).name


def _filled(now: Standing) -> SettingsForm:
    """Fill in what is wanted, if something is, else what is in force."""
    wanted = now.change
    return SettingsForm(
        formdata=None,
        sender=(wanted.sender if wanted else None) or now.account.sender,
        large=wanted.large if wanted else now.account.large_attachments,
        version=now.account.version,
    )


def news(change: Change) -> str:
    """Return what a page that waits looks out for: it shows something else by then."""
    who = change.proposal.called if change.proposal else ""
    return " ".join(filter(None, (change.stage, who, change.trouble)))


def _ways(change: Change | None) -> dict[str, str]:
    """Name the addresses for others to go on at, and the one that tells how far."""
    if change is None:
        return {"approval_link": "", "connection_link": "", "progress": "", "news": ""}
    base = config.current().base_url
    unapproved = change.stage in (Stage.ASKED, Stage.WAITING)
    return {
        "approval_link": f"{base}/approve/{change.approval_link}" if unapproved else "",
        "connection_link": f"{base}/connect/{change.link}",
        "progress": place.here(f"/progress?change={change.id}"),
        "news": news(change),
    }
