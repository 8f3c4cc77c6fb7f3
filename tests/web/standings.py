"""The default account in every state that the settings page shows."""

from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from portal.errors import Answer
from portal.explanations import Who
from portal.explanations.graph import NO_SEND_AS
from portal.explanations.own import OTHER_APPLICATION
from portal.explanations.sign_in import PASSWORD_CHANGED
from portal.microsoft import aadsts, problems
from portal.workspace.accounts import YOURS, Account, WhenUnsure
from portal.workspace.connections import Connection
from portal.workspace.consent.changes import Change, Outcome, Stage
from portal.workspace.consent.proposals import Proposal
from portal.workspace.expiry import RENEW, SAY, Ending, Kind
from portal.workspace.standing import Standing, State
from tests.web.typed import field, form

ID = UUID("0193a8a2-7c1e-7d3a-9b5e-2f6a1c0d4e5f")
ADMIN = "admin@contoso.example"
NOREPLY = "noreply@contoso.example"
REPORTS = "reports@contoso.example"
ALEX = "alex@contoso.example"
LONG = "a.very.long.name.of.a.shared.mailbox.nobody.wants.to.type@subsidiary.example"
NOW = datetime.fromisoformat("2026-11-20T14:32:00Z")
MAIL = frozenset({"Mail.Send", "Mail.Send.Shared"})
SCOPES = MAIL | {"offline_access", "openid", "profile", "email"}
LARGE = SCOPES | {"Mail.ReadWrite", "Mail.ReadWrite.Shared"}
SEND_AS = problems.spell(NO_SEND_AS.command, sender=NOREPLY, username=REPORTS)
DECLINED, CAUSE = aadsts.CAUSES[65004].sentence, aadsts.CAUSES[65004].name
SIGNED_OUT = aadsts.CAUSES[50173].sentence
PORTAL = "https://portal.contoso.example"
NOTHING_YET = Account(
    id=ID,
    name="default",
    transport="graph",
    sender=None,
    is_default=True,
    enabled=True,
    large_attachments=False,
    version=1,
    changed_at=None,
    changed_by="",
    reset_at=None,
    when_unsure=WhenUnsure.ASK,
)
FROM_NOREPLY = replace(
    NOTHING_YET, sender=NOREPLY, version=4, changed_at=NOW, changed_by=ADMIN
)
WITH_LARGE = replace(FROM_NOREPLY, large_attachments=True)
BY_REPORTS = Connection(
    id=ID,
    account_id=ID,
    authority="https://login.microsoftonline.com",
    tenant="8f1c2d34-5b6a-4c7d-9e8f-0a1b2c3d4e5f",
    client_id="4d7e8f90-1a2b-4c3d-8e5f-60718293a4b5",
    tid="8f1c2d34-5b6a-4c7d-9e8f-0a1b2c3d4e5f",
    oid="9b41e7aa-0d4f-4f2e-8c6f-1b2a3c4d5e6f",
    username=REPORTS,
    email=REPORTS,
    name="Contoso Reports",
    scopes=SCOPES,
    connected_at=NOW - timedelta(days=39),
    connected_by=ADMIN,
    proven_at=NOW - timedelta(days=39),
    renewed_at=NOW - timedelta(minutes=2),
    trouble_cause="",
    tried_at=None,
    trouble="",
)
FRESH = replace(BY_REPORTS, connected_at=NOW, proven_at=None, renewed_at=NOW)
ASKED = Change(
    id=ID,
    account_id=ID,
    sender="team@contoso.example",
    large=False,
    asked_by=ADMIN,
    asked_at=NOW,
    by_operator=False,
    expires_at=NOW + timedelta(days=7),
    stage=Stage.ASKED,
    outcome=None,
    trouble="",
    proposal=None,
    link="c4Tf0mQ8r2sVb6Xn1LzKpA",
    approval_link="tZ4kYw9eR5uJd3GhC7oBmQ",
)
TROUBLED = replace(ASKED, large=True, trouble=DECLINED, trouble_cause=CAUSE)
FIRST = replace(ASKED, sender=NOREPLY)
REFUSED = replace(FIRST, stage=Stage.WAITING)
BY_ALEX = Proposal(username=ALEX, email=ALEX, name="Alex Wilber", oid="alex", own=False)
APPLIED = replace(ASKED, sender=NOREPLY, stage=Stage.APPLIED, outcome=Outcome.APPLIED)
EMPTY = Standing(
    state=State.NOT_CONNECTED,
    account=NOTHING_YET,
    connection=None,
    change=None,
    reason="",
    cause="",
    command="",
    since=None,
    waiting=0,
    overdue=0,
    restored=0,
    stuck=0,
)
WELL = replace(
    EMPTY, state=State.CONNECTED, account=FROM_NOREPLY, connection=BY_REPORTS
)

SECRET = Ending(
    kind=Kind.SECRET,
    subject="3b9e7a10-64d2-4f0b-8c1a-77e2d9b05c66",
    ends_at=NOW + timedelta(days=400),
    days=400,
    sentence="",
    then="",
    remedy=RENEW,
    who=Who.OPERATOR,
    link="/setup",
)
ENDINGS = {
    "unknown": [replace(SECRET, ends_at=None, days=None, remedy=SAY)],
    "soon": [replace(SECRET, ends_at=NOW + timedelta(days=7), days=7)],
    "over": [replace(SECRET, kind=Kind.CERTIFICATE, ends_at=NOW, days=0)],
}


def proposed(sender: str | None, who: Proposal = BY_ALEX) -> Change:
    own = sender in (None, who.username)
    proposal = replace(who, own=own)
    return replace(ASKED, sender=sender, stage=Stage.PROPOSED, proposal=proposal)


def settings(
    standing: Standing, typed: str | None = None, *errors: str, **context: Any
) -> dict[str, Any]:
    """Give what the settings page is drawn from; errors are those beside From."""
    change, account = standing.change, standing.account
    wanted = change.sender if change else account.sender
    large = change.large if change else account.large_attachments
    renewed = standing.connection and standing.connection.renewed_at
    return {
        "signed_in": ADMIN,
        "needing": 0,
        "standing": standing,
        "answer": Answer(),
        "at": "/settings",
        "workspace": True,
        "others": [],
        "fallback": "",
        "form": form(
            sender=field("sender", wanted if typed is None else typed, *errors),
            large=field("large", large),
            version=field("version", account.version),
        ),
        "person": SimpleNamespace(address=ADMIN),
        "done": None,
        "approval_link": f"{PORTAL}/approve/{change.approval_link}" if change else "",
        "connection_link": f"{PORTAL}/connect/{change.link}" if change else "",
        "progress": f"/settings/progress?news={change.stage}" if change else "",
        "news": change.stage if change else "",
        "expires": renewed and renewed + timedelta(days=90),
        "endings": [SECRET],
        **context,
    }


SETTINGS: dict[str, dict[str, Any]] = {
    **{f"ends-{name}": settings(WELL, endings=each) for name, each in ENDINGS.items()},
    "not-connected": settings(EMPTY),
    "not-connected-waiting": settings(replace(EMPTY, waiting=3)),
    "invalid": settings(EMPTY, "noreply@contoso", "This is not an e-mail address."),
    "pending-first": settings(replace(EMPTY, change=FIRST, waiting=3)),
    "pending": settings(replace(WELL, change=ASKED, waiting=47)),
    "pending-trouble": settings(replace(WELL, change=TROUBLED)),
    "pending-operator": settings(
        replace(
            EMPTY,
            change=replace(FIRST, sender=None, by_operator=True, stage=Stage.APPROVED),
        )
    ),
    "waiting": settings(replace(EMPTY, state=State.WAITING, change=REFUSED, waiting=3)),
    "waiting-save": settings(
        replace(WELL, change=replace(ASKED, stage=Stage.WAITING, large=True))
    ),
    "approved": settings(replace(EMPTY, change=replace(FIRST, stage=Stage.APPROVED))),
    "proposal": settings(replace(WELL, change=proposed("team@contoso.example"))),
    "proposal-own": settings(replace(EMPTY, change=proposed(ALEX))),
    "proposal-long": settings(
        replace(
            EMPTY,
            change=proposed(LONG, replace(BY_ALEX, username=LONG, email="", name="")),
        )
    ),
    "fresh": settings(replace(WELL, connection=FRESH)),
    "connected": settings(replace(WELL, waiting=47)),
    "connected-own": settings(
        replace(WELL, account=replace(FROM_NOREPLY, sender=REPORTS))
    ),
    "connected-long": settings(
        replace(
            WELL,
            account=replace(FROM_NOREPLY, sender=LONG),
            connection=replace(BY_REPORTS, username=LONG, connected_by=LONG),
            waiting=12500,
        )
    ),
    "large": settings(
        replace(WELL, account=WITH_LARGE, connection=replace(BY_REPORTS, scopes=LARGE))
    ),
    "large-held": settings(WELL, held_for_large=2),
    "large-withdrawn": settings(replace(WELL, account=WITH_LARGE)),
    "complete": settings(replace(WELL, connection=FRESH, waiting=2), done=APPLIED),
    "replaced": settings(
        WELL, done=replace(ASKED, stage=Stage.ENDED, outcome=Outcome.REPLACED)
    ),
    "lapsed": settings(EMPTY, done=replace(FIRST, stage=Stage.ENDED, trouble=DECLINED)),
    "attention": settings(
        replace(
            WELL,
            state=State.NEEDS_ATTENTION,
            reason=NO_SEND_AS.sentence,
            cause=NO_SEND_AS.name,
            command=SEND_AS,
            since=NOW,
            waiting=128,
            stuck=1,
        )
    ),
    "reconnect": settings(
        replace(
            WELL,
            state=State.RECONNECT,
            connection=replace(BY_REPORTS, trouble=SIGNED_OUT),
            reason=SIGNED_OUT,
            cause=PASSWORD_CHANGED.name,
            since=NOW,
            waiting=128,
        )
    ),
    "reconnect-pending": settings(
        replace(
            WELL,
            state=State.RECONNECT,
            reason=OTHER_APPLICATION.sentence,
            cause=OTHER_APPLICATION.name,
            change=FIRST,
            waiting=1,
        )
    ),
    "overdue": settings(
        replace(WELL, state=State.NEEDS_ATTENTION, overdue=12, stuck=2)
    ),
    "restored": settings(
        replace(WELL, state=State.NEEDS_ATTENTION, overdue=12, restored=9)
    ),
    "after-reset": settings(
        replace(EMPTY, waiting=47),
        flashed=[("reset", "The connection was reset")],
    ),
    "others": settings(
        WELL,
        others=["billing@contoso.example", "any address @fabrikam.example"],
        fallback="Branch office relay",
    ),
    "of-another": settings(
        replace(WELL, account=replace(FROM_NOREPLY, name="Billing", is_default=False)),
        at=f"/accounts/{ID}/settings",
        workspace=False,
        others=["reports@contoso.example"],
    ),
    "renamed": settings(
        replace(WELL, connection=replace(BY_REPORTS, renamed_from=NOREPLY))
    ),
    "renamed-long": settings(
        replace(
            WELL,
            connection=replace(
                BY_REPORTS, username=LONG, email=LONG, renamed_from=NOREPLY
            ),
        )
    ),
    "saved": settings(WELL, flashed=[("ok", "Changes have been saved!")]),
    "conflict": settings(
        WELL,
        form=form(
            "ben@contoso.example changed these settings at 14:29 UTC: mail leaves"
            f" from noreply@contoso.example now. {YOURS}",
            sender=field("sender", "team@contoso.example"),
            large=field("large", False),
            version=field("version", 3),
        ),
    ),
}
