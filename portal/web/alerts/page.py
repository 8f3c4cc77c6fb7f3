"""The page of alerts: the channels, what is wrong just now, and what was."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import render_template

from portal import db, explanations
from portal.explanations import Explanation
from portal.watch.alerts import payloads
from portal.web.alerts.form import HookForm, MailboxForm
from portal.workspace import accounts, incidents
from portal.workspace.incidents import Incident, channels
from portal.workspace.incidents.channels import Channel

PAST = 20  # so many of those that are over


@dataclass(frozen=True, kw_only=True)
class Row:
    """One channel of the list."""

    channel: Channel
    account: str  # the name of the one that sends it; "": none does


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """One incident, with what the catalogue says of it."""

    incident: Incident
    explanation: Explanation | None
    lasted: str  # "" as long as it lasts


@dataclass(frozen=True, kw_only=True)
class Added:
    """A channel that was just added, with the secret that nothing else ever shows."""

    name: str
    secret: str = field(repr=False)


def show(
    hook: HookForm | None = None,
    mailbox: MailboxForm | None = None,
    template: str = "alerts/index.html",
    **more: Any,
) -> str:
    """Return the page as it is now."""
    mailbox = mailbox or MailboxForm(formdata=None, prefix="mailbox-")
    with db.reading() as session:
        known = accounts.every(session)
        names = {each.id: each.name for each in known}
        every = channels.every(session)
        going_on, ended = incidents.going_on(session), incidents.ended(session, PAST)
    mailbox.offer(known)
    return render_template(
        template,
        rows=[_row(each, names) for each in every],
        going_on=[trouble(each) for each in going_on],
        ended=[trouble(each) for each in ended],
        hook=hook or HookForm(formdata=None, prefix="hook-"),
        mailbox=mailbox,
        **more,
    )


def find(channel_id: UUID) -> Channel:
    """Return a channel; raise NotFound."""
    with db.reading() as session:
        return channels.find(session, channel_id)


def trouble(incident: Incident) -> Trouble:
    """Put an incident beside what explains it."""
    over = incident.closed_at
    return Trouble(
        incident=incident,
        explanation=explanations.find(incident.condition.cause),
        lasted=payloads.spelled(over - incident.opened_at) if over else "",
    )


def _row(channel: Channel, names: dict[UUID, str]) -> Row:
    by = names.get(channel.account_id, "") if channel.account_id else ""
    return Row(channel=channel, account=by)
