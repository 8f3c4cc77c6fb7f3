"""The settings page: how the default account stands, and the form that changes it."""

from datetime import datetime
from uuid import UUID

from flask import render_template, request
from wtforms import BooleanField, Form, IntegerField, StringField

from portal import config, db
from portal.errors import Need, NotFound
from portal.mail import permits
from portal.microsoft import issuer as microsoft
from portal.web import forms
from portal.web.language import gettext as _
from portal.web.session import guard
from portal.workspace import accounts, standing
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
        now = standing.now(session, accounts.workspace(session))
        told = _told(session, asked) if asked else None
        held = permits.count(session, now.account.id, Need.LARGE_ATTACHMENTS)
    return render_template(
        template,
        standing=now,
        form=form if form is not None else _filled(now),
        person=guard.admin(),
        held_for_large=held,
        done=told if told and told.ended else None,
        expires=_expires(now),
        **_ways(now.change),
        **more,
    )


def _expires(now: Standing) -> datetime | None:
    return now.connection.renewed_at + microsoft.UNUSED if now.connection else None


def _asked_about() -> UUID | None:
    try:
        return UUID(request.args.get("change", ""))
    except ValueError:
        return None


def _told(session: db.Session, change_id: UUID) -> Change | None:
    try:
        return changes.find(session, change_id)
    except NotFound:
        return None


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
    who = change.proposal.address if change.proposal else ""
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
        "progress": f"/settings/progress?change={change.id}",
        "news": news(change),
    }
