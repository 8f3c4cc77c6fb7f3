"""One mail account: added, and changed; what waits for it goes by what is new."""

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template
from flask.typing import ResponseReturnValue

from portal import config, db
from portal.errors import Answer, Conflict, IssuerError, NotAllowed, Refused
from portal.explanations import Told
from portal.mail.outbox import overdue
from portal.web.accounts import keeping, listing, signing
from portal.web.accounts.form import AccountForm, Kept, filled
from portal.web.accounts.form.server import HOSTS
from portal.web.accounts.listing import Row
from portal.web.accounts.signing import Signing
from portal.web.language import gettext as _
from portal.web.language import said
from portal.web.session import guard
from portal.web.settings import place
from portal.workspace import accounts, registration
from portal.workspace.accounts import Account, Way, connectors, entries
from portal.workspace.accounts.connectors import Connector
from portal.workspace.accounts.entries import Act
from portal.workspace.accounts.servers import Provider
from portal.workspace.consent import submission

NOTHING = Answer()

bp = Blueprint("account", __name__)
guard.admins_only(bp, home="/accounts")


@bp.get("/accounts/new")
def ask() -> str:
    """Ask for everything that an account needs."""
    return page(AccountForm())


@bp.post("/accounts")
def add() -> ResponseReturnValue:
    """Add an account, unless something is wrong with it."""
    form = keeping.typed()
    if not form.validate():
        return page(form), 422
    try:
        account = keeping.add(form, form.name.data or "")
    except (Refused, IssuerError) as error:
        form.form_errors.append(said(error))
        return page(form, answer=error.answer), 422
    if form.way.data == Way.CONSENT:
        flash(_("The account was added. Enable connects it."))
        return redirect(f"/accounts/{account.id}/settings", code=303)
    if account.submits:
        flash(_("The account was added. Sign In connects it."))
    else:
        flash(_("The account was added. Try it with Test these settings."))
    return redirect(f"/accounts/{account.id}", code=303)


@bp.get("/accounts/<uuid:account_id>")
def show(account_id: UUID) -> str:
    """Show what is in force; passwords are never shown."""
    kept = keeping.kept(account_id)
    return page(filled(kept), kept)


@bp.post("/accounts/<uuid:account_id>")
def save(account_id: UUID) -> ResponseReturnValue:
    """Put in force what was typed, from the next message on."""
    kept = keeping.kept(account_id)
    form = keeping.typed()
    form.way.data = filled(kept).way.data
    if not form.validate():
        return page(form, kept), 422
    try:
        keeping.change(form, kept)
    except Conflict as error:
        form.form_errors.append(str(error))
        return page(form, keeping.kept(account_id)), 409
    except Refused as error:
        form.form_errors.append(said(error))
        return page(form, kept), 422
    flash(_("Changes have been saved!"))
    return redirect(f"/accounts/{account_id}", code=303)


@bp.get("/accounts/<uuid:account_id>/deletion")
def ask_to_delete(account_id: UUID) -> str:
    """Say what deleting an account means, before it is done."""
    kept = keeping.kept(account_id)
    return page(filled(kept), kept, template="accounts/deletion.html")


@bp.post("/accounts/<uuid:account_id>/deletion")
def delete(account_id: UUID) -> ResponseReturnValue:
    """Delete an account that nothing waits for."""
    kept = keeping.kept(account_id)
    by = guard.admin().called
    try:
        with db.session() as session:
            account = accounts.lock(session, account_id)
            submission.remove(session, account, by)
            entries.note(session, Act.REMOVED, account.name, by)
    except NotAllowed as error:
        form = filled(kept)
        form.form_errors.append(said(error))
        return page(form, kept), 409
    flash(_("The account was deleted."))
    return redirect("/accounts", code=303)


def page(
    form: AccountForm,
    kept: Kept | None = None,
    template: str = "accounts/account.html",
    answer: Answer = NOTHING,
) -> str:
    """Return the page of an account, or of one to be; `answer` is a refusal's."""
    with db.reading() as session:
        chosen = registration.current(session)
        default = accounts.find(session)
        row = listing.row(session, kept.account) if kept else None
        known = connectors.every(session)
        others = [each for each in accounts.every(session) if not _same(each, kept)]
        sign_in = signing.find(session, kept.account) if kept else None
        settings = place.of(session, kept.account.id) if kept else ""
        aside = overdue.every(session).get(kept.account.id) if kept else None
    return render_template(
        template,
        form=form,
        answer=answer,
        row=row,
        told=_told(row, sign_in),
        seen=kept.mark if kept else "",
        default=default,
        signing=sign_in,
        settings=settings,
        aside=aside,
        registered=chosen,
        connectors=_choices(known),
        fallbacks=[("", _("none")), *((str(each.id), each.name) for each in others)],
        redirect_uri=config.current().redirect_uri,
        google_redirect_uri=config.current().google_redirect_uri,
        recommended=HOSTS,
        providers=[(each.value, each.called) for each in Provider],
    )


def _choices(known: Sequence[Connector]) -> list[tuple[str, str]]:
    """Return values and words of a choice among connectors; "" is the default one."""
    default = next((each.name for each in known if each.is_default), _("none yet"))
    usual = _("The default one (%(name)s)") % {"name": default}
    return [("", usual), *((str(each.id), each.name) for each in known)]


def _told(row: Row | None, sign_in: Signing | None) -> Told | None:
    """Explain why somebody must act, unless what is said of the sign-in does."""
    unsigned = sign_in is not None and sign_in.connection is None
    return row.told if row and not unsigned else None


def _same(account: Account, kept: Kept | None) -> bool:
    return kept is not None and kept.account.id == account.id
