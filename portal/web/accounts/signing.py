"""The sign-in that an account submits by: asked for, confirmed, given up, ended."""

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal import config, db
from portal.errors import Conflict, NotFound
from portal.web.language import gettext as _
from portal.web.language import said
from portal.web.session import guard
from portal.web.settings import page
from portal.workspace import accounts, connections
from portal.workspace.accounts import Account, servers
from portal.workspace.connections import Connection
from portal.workspace.consent import approval, changes, connect, reset
from portal.workspace.consent.changes import Change, Stage, Wish
from portal.workspace.consent.trips import ConsentFailed
from portal.workspace.registration import issuers

bp = Blueprint("account_signing", __name__)
guard.admins_only(bp, home="/accounts")


@dataclass(frozen=True, kw_only=True)
class Signing:
    """Who signed in for an account's mailbox, or how somebody is to."""

    mailbox: str
    issuer: str  # whose sign-in it is: "Google"
    connection: Connection | None
    change: Change | None  # what waits for that sign-in
    done: bool  # it is what this page was asked about
    approval_link: str  # "" where nobody has to approve
    connection_link: str
    news: str  # what shows something else when there is more to say


def find(session: db.Session, account: Account) -> Signing | None:
    """Tell of the sign-in of an account; None if it needs none."""
    if not account.submits:
        return None
    change = changes.pending(session, account.id)
    return Signing(
        mailbox=servers.of(session, account.id).username,
        issuer=issuers.named(session, account.id),
        connection=connections.find(session, account.id),
        change=change,
        done=_done(session, account.id),
        **_ways(session, change),
    )


def _ways(session: db.Session, change: Change | None) -> dict[str, str]:
    """Name the addresses for others to go on at, and what there is to say."""
    if change is None:
        return {"approval_link": "", "connection_link": "", "news": ""}
    base, unapproved = config.current().base_url, (Stage.ASKED, Stage.WAITING)
    approves = change.stage in unapproved and approval.possible(session, change)
    return {
        "approval_link": f"{base}/approve/{change.approval_link}" if approves else "",
        "connection_link": f"{base}/connect/{change.link}",
        "news": page.news(change),
    }


@bp.post("/accounts/<uuid:account_id>/connection")
def ask(account_id: UUID) -> ResponseReturnValue:
    """Ask for a sign-in; the page that answers leads there."""
    try:
        with db.session() as session:
            account = accounts.by_id(session, account_id)
            if issuers.of(session, account_id) is None:
                raise Conflict(_("Nobody has registered the application yet."))
            change = changes.ask(
                session,
                account_id,
                Wish(
                    sender=changes.expected(session, account),
                    large=False,
                    version=request.form.get("version", 0, type=int),
                ),
                guard.admin().called,
            )
    except Conflict as error:
        return _refuse(account_id, said(error))
    here = url_for("account.show", account_id=account_id, change=change.id)
    if guard.wants_json():
        way = {"consent": f"/consent/{change.id}", "change": str(change.id)}
        return way | {"page": here}
    return redirect(here, code=303)


@bp.get("/accounts/<uuid:account_id>/progress")
def progress(account_id: UUID) -> ResponseReturnValue:
    """Tell a page that waits how far a change has come."""
    try:
        with db.reading() as session:
            change = changes.find(session, UUID(request.args.get("change", "")))
    except (ValueError, NotFound):
        return {"errors": {"": _("There is no such change.")}}, 404
    here = url_for("account.show", account_id=account_id, change=change.id)
    return {"news": page.news(change), "settings": here}


@bp.post("/accounts/<uuid:account_id>/proposal")
def use(account_id: UUID) -> ResponseReturnValue:
    """Use the account that signed in."""
    change = _pending(account_id)
    try:
        shown = request.form.get("proposal", "")
        connect.confirm(change.id, shown, guard.admin().called)
    except (Conflict, ConsentFailed) as error:
        flash(said(error), "warn")
    here = url_for("account.show", account_id=account_id, change=change.id)
    return redirect(here, code=303)


@bp.post("/accounts/<uuid:account_id>/discard")
def discard(account_id: UUID) -> ResponseReturnValue:
    """Give up what waits."""
    change = _pending(account_id)
    with db.session() as session:
        changes.discard(session, change.id, guard.admin().called)
    flash(_("The change was discarded. Everything stays as it was."))
    return redirect(f"/accounts/{account_id}", code=303)


@bp.post("/accounts/<uuid:account_id>/reset")
def take_back(account_id: UUID) -> ResponseReturnValue:
    """End the sign-in; its mail waits for the next one."""
    with db.session() as session:
        if not accounts.living(session, account_id).submits:
            raise NotFound("There is no such account.")
        reset.reset(session, account_id, guard.admin().called)
    flash(_("The connection was reset"))
    return redirect(f"/accounts/{account_id}", code=303)


def _pending(account_id: UUID) -> Change:
    """Return what waits, if it is what the form was shown for; raise NotFound."""
    with db.reading() as session:
        change = changes.pending(session, account_id)
    if change is None or request.form.get("change", "") != str(change.id):
        raise NotFound("There is no such change.")
    return change


def _done(session: db.Session, account_id: UUID) -> bool:
    try:
        change = changes.find(session, UUID(request.args.get("change", "")))
    except (ValueError, NotFound):
        return False
    return change.account_id == account_id and change.stage == Stage.APPLIED


def _refuse(account_id: UUID, sentence: str) -> ResponseReturnValue:
    if guard.wants_json():
        return {"errors": {"": sentence}}, 409
    flash(sentence, "warn")
    return redirect(f"/accounts/{account_id}", code=303)
