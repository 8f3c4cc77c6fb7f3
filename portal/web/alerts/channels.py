"""Alerts: the channels that hear of trouble are added, tried and removed."""

from uuid import UUID

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue

from portal import db
from portal.errors import NotAllowed
from portal.watch.alerts import telling
from portal.web.alerts import page
from portal.web.alerts.form import ChannelForm, HookForm, MailboxForm
from portal.web.alerts.page import Added
from portal.web.language import gettext as _
from portal.web.language import said
from portal.web.session import guard
from portal.workspace import accounts, audit
from portal.workspace.incidents import channels
from portal.workspace.incidents.channels import Wish

bp = Blueprint("alerts", __name__)
guard.admins_only(bp, home="/alerts")


@bp.get("/alerts")
def index() -> str:
    """Show who is told, what is wrong, and what was."""
    return page.show()


@bp.post("/alerts/webhooks")
def add_webhook() -> ResponseReturnValue:
    """Add a webhook.

    The answer itself shows the secret that our own JSON is signed with: on the way to
    another page something would have to keep it.
    """
    form = HookForm(request.form, prefix="hook-")
    secret = _add(form, form.wish()) if form.validate() else None
    if secret is None:
        return page.show(hook=form), 422
    if not secret:
        return _added(form)
    added = Added(name=form.name.data or "", secret=secret)
    return page.show(added=added), 201, {"Cache-Control": "no-store"}


@bp.post("/alerts/mailboxes")
def add_mailbox() -> ResponseReturnValue:
    """Add a mailbox, and the account that writes to it."""
    form = MailboxForm(request.form, prefix="mailbox-")
    with db.reading() as session:
        form.offer(accounts.every(session))
    if not form.validate() or _add(form, form.wish()) is None:
        return page.show(mailbox=form), 422
    return _added(form)


@bp.post("/alerts/<uuid:channel_id>/test")
def test(channel_id: UUID) -> ResponseReturnValue:
    """Send a test alert at once, and say what came of it."""
    channel = page.find(channel_id)
    verdict = telling.test(channel)
    if verdict.taken:
        flash(_("%(name)s took the test alert.") % {"name": channel.name})
    else:
        flash(f"{channel.name}: {said(verdict.why)}", "bad")
    return redirect("/alerts", code=303)


@bp.get("/alerts/<uuid:channel_id>/removal")
def ask(channel_id: UUID) -> str:
    """Say what ends with a channel, and what does not."""
    leaving = page.find(channel_id)
    return page.show(template="alerts/removal.html", leaving=leaving)


@bp.post("/alerts/<uuid:channel_id>/removal")
def remove(channel_id: UUID) -> ResponseReturnValue:
    """Tell a channel nothing any more."""
    name = page.find(channel_id).name
    with db.session() as session:
        channels.remove(session, channel_id)
        audit.note(session, guard.admin().called, "removed alert channel", name)
    flash(_("%(name)s is removed: it is told of nothing any more.") % {"name": name})
    return redirect("/alerts", code=303)


def _add(form: ChannelForm, wish: Wish) -> str | None:
    """Add a channel and return its secret; None if its name is not allowed."""
    who = guard.admin().called
    try:
        with db.session() as session:
            channel, secret = channels.add(session, wish, who)
            done = f"added alert channel: {channel.way}"
            audit.note(session, who, done, channel.name)
    except NotAllowed as error:
        form.name.errors = [said(error)]
        return None
    return secret


def _added(form: ChannelForm) -> ResponseReturnValue:
    told = _("%(name)s is added. Send a test alert to see that it arrives.")
    flash(told % {"name": form.name.data})
    return redirect("/alerts", code=303)
