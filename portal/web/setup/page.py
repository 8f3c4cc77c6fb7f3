"""The page of the app registration: the form, and what is in use beside it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import render_template

from portal import clock, config, db
from portal.errors import Answer
from portal.web.session import guard
from portal.web.setup.form import SetupForm, asks_for_admin
from portal.workspace import accounts, connections, expiry, registration
from portal.workspace.consent import approval, changes
from portal.workspace.consent.changes import Change, Stage
from portal.workspace.registration.credentials import Credential, Kind, Slot

NOTHING = Answer()
SOON = timedelta(days=expiry.STEPS[0])


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What is shown of a credential; never the credential itself."""

    secret: bool  # or else a certificate
    in_use: bool  # or else the former one
    since: datetime | None  # None: of the environment
    until: datetime | None
    ends_at: datetime | None
    refused_at: datetime | None  # lately, so that the other one is asked with first

    @property
    def look(self) -> str:
        left = self.ends_at - clock.now() if self.ends_at else None
        if left is None:
            return ""
        return "bad" if left <= timedelta() else "warn" if left <= SOON else "ok"


def show(form: SetupForm | None = None, answer: Answer = NOTHING) -> str:
    """Return the page as it is now; `form` keeps what somebody typed.

    `answer` is Microsoft's, if it refused that.
    """
    with db.reading() as session:
        chosen = registration.current(session)
        known = registration.proofs(session) if chosen else []
        account = accounts.workspace(session)
        connection = connections.find(session, account.id)
        link = approval.link(session)
        change = changes.pending(session, account.id)
    base = config.current().base_url
    if form is None:
        tenant, client = (chosen.tenant, chosen.client_id) if chosen else ("", "")
        form = SetupForm(formdata=None, tenant=tenant, client_id=client)
    return render_template(
        "setup/index.html",
        form=form,
        answer=answer,
        redirect_uri=config.current().redirect_uri,
        from_environment=registration.from_environment(),
        registered=chosen is not None,
        credentials=[_shown(each) for each in known],
        connected=connection is not None,
        asks_for_admin=asks_for_admin(),
        waits=change is not None and change.stage == Stage.WAITING,
        approval_link=f"{base}/approve/{link}" if link else "",
        connection_link=_connection_link(change),
    )


def _shown(each: Credential) -> Shown:
    return Shown(
        secret=each.kind == Kind.SECRET,
        in_use=each.slot == Slot.IN_USE,
        since=each.since,
        until=each.until,
        ends_at=each.ends_at,
        refused_at=each.refused_at if each.resting else None,
    )


def _connection_link(change: Change | None) -> str:
    """Return where the mailbox's user signs in; a link alone makes nobody an admin."""
    if change is None or guard.signed_in() is None:
        return ""
    return f"{config.current().base_url}/connect/{change.link}"
