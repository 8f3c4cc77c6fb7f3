"""Alerts as their page shows them: channels, and what is wrong or was."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from portal.explanations import Who
from portal.microsoft import aadsts
from portal.web.alerts import page
from portal.web.alerts.form import HookForm, MailboxForm
from portal.web.alerts.page import Added, Row
from portal.workspace.incidents import Condition, Incident, Kind
from portal.workspace.incidents.channels import ENVIRONMENT, SETTING, Channel, Way
from tests.web.access import ACCOUNTS, HOSTILE
from tests.web.standings import ADMIN, ID, LONG, NOW, SEND_AS

ENDED = aadsts.CAUSES[50173]
HELD = Condition(
    kind=Kind.ACCOUNT_HELD,
    subject=str(ID),
    title="The account default sends nothing.",
    why=ENDED.why,
    steps=ENDED.steps,
    who=Who.WORKSPACE,
    cause=ENDED.name,
    link="/settings",
)
FULL = replace(
    HELD,
    kind=Kind.LITTLE_SPACE,
    title="The disk of the database is nearly full.",
    why="Less than 2000 MB are free; below 1000 MB the portal takes no mail any more.",
    steps=("Please make room, or keep content for fewer days (portal retention).",),
    who=Who.OPERATOR,
    cause="",
)
OPEN = Incident(
    id=ID,
    condition=HELD,
    opened_at=NOW - timedelta(hours=3),
    closed_at=None,
    announced=True,
    announced_at=NOW,
    reminded_at=NOW,
    met_at=None,
)
WITHDRAWN = replace(
    HELD,
    title=f"The account {HOSTILE} sends nothing.",
    steps=(f"Command: {SEND_AS}.",),
    who=Who.MICROSOFT,
)
OVER = replace(OPEN, closed_at=NOW, condition=FULL)
SLACK = Channel(
    id=ID,
    name="Operations",
    way=Way.SLACK,
    place="hooks.slack.com …x7Qw",
    account_id=None,
    added_at=NOW,
    added_by=ADMIN,
    delivered_at=NOW,
    failed_at=None,
    failure="",
    given_up_at=None,
)
CHANNELS = [
    Row(channel=SLACK, account=""),
    Row(
        channel=replace(SLACK, name="Ann", way=Way.MAIL, place=LONG),
        account="branch office",
    ),
    Row(
        channel=replace(
            SLACK,
            name=HOSTILE,
            way=Way.WEBHOOK,
            failed_at=NOW,
            given_up_at=NOW,
            failure="alerts.contoso.example answered 503.",
        ),
        account="",
    ),
    Row(channel=replace(SLACK, way=Way.TEAMS, delivered_at=None), account=""),
    Row(channel=replace(SLACK, id=ENVIRONMENT, name=SETTING), account=""),
]


def hook(wrong: bool) -> HookForm:
    form = HookForm(formdata=None, prefix="hook-", name="Operations" if wrong else "")
    if wrong:
        form.name.errors = ["There is a channel named Operations already."]
        form.address.errors = ["The address of a webhook names no user."]
    return form


def mailbox(wrong: bool) -> MailboxForm:
    form = MailboxForm(formdata=None, prefix="mailbox-")
    form.offer(ACCOUNTS)
    if wrong:
        form.to.errors = ["Please say whom to tell."]
        form.account.errors = ["This account is not there any more."]
    return form


def told(wrong: bool = False, **more: Any) -> tuple[str, dict[str, Any]]:
    context = {
        "rows": CHANNELS,
        "going_on": [page.trouble(OPEN)],
        "ended": [page.trouble(OVER), page.trouble(replace(OVER, condition=WITHDRAWN))],
        "hook": hook(wrong),
        "mailbox": mailbox(wrong),
        "added": None,
        "signed_in": ADMIN,
        **more,
    }
    return "alerts/index.html", context


def removing(channel: Channel) -> tuple[str, dict[str, Any]]:
    return "alerts/removal.html", told(leaving=channel)[1]


ALERT_PAGES = {
    "alerts-removal": removing(SLACK),
    "alerts-removal-hostile": removing(CHANNELS[2].channel),
    "alerts": told(),
    "alerts-usual": told(
        rows=[
            CHANNELS[0],
            Row(
                channel=replace(SLACK, name="Ann", way=Way.MAIL, place=ADMIN),
                account="branch office",
            ),
            CHANNELS[-1],
        ],
        ended=[page.trouble(OVER)],
    ),
    "alerts-none": told(rows=[], going_on=[], ended=[]),
    "alerts-wrong": told(wrong=True),
    "alerts-added": told(
        going_on=[], added=Added(name="Operations", secret="0123456789abcdef" * 4)
    ),
    "alerts-hostile": told(
        going_on=[page.trouble(replace(OPEN, condition=WITHDRAWN))],
        flashed=[("bad", "Operations: hooks.slack.com answered 503.")],
    ),
}
