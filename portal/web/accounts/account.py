"""One mail account: added, and changed; what waits for it goes by what is new."""

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal import config, db
from portal.errors import NotAllowed, NotFound, Refused
from portal.web.accounts import listing
from portal.web.accounts.form import APPLICATION, CONSENT, AccountForm, Kept, filled
from portal.web.language import gettext as _
from portal.web.language import said
from portal.web.session import guard
from portal.workspace import accounts, audit, registration, switch
from portal.workspace.accounts import Account, connectors, servers
from portal.workspace.accounts.connectors import Connector

bp = Blueprint("account", __name__)
guard.admins_only(bp, home="/accounts")


@bp.get("/accounts/new")
def ask() -> str:
    """Ask for everything that an account needs."""
    return _page(AccountForm())


@bp.post("/accounts")
def add() -> ResponseReturnValue:
    """Add an account, unless something is wrong with it."""
    form = _typed()
    if not form.validate() or form.way.data == CONSENT:
        return _page(form), 422
    try:
        account = _add(form)
    except Refused as error:
        form.form_errors.append(said(error))
        return _page(form), 422
    flash(_("The account was added. A test mail proves it."))
    return redirect(f"/accounts/{account.id}", code=303)


@bp.get("/accounts/<uuid:account_id>")
def show(account_id: UUID) -> str:
    """Show what is in force; passwords are never shown."""
    kept = _kept(account_id)
    return _page(filled(kept), kept)


@bp.post("/accounts/<uuid:account_id>")
def save(account_id: UUID) -> ResponseReturnValue:
    """Put in force what was typed, from the next message on."""
    kept = _kept(account_id)
    form = _typed()
    form.way.data = filled(kept).way.data
    if not form.validate():
        return _page(form, kept), 422
    try:
        _change(form, kept)
    except Refused as error:
        form.form_errors.append(said(error))
        return _page(form, kept), 422
    flash(_("Changes have been saved!"))
    return redirect(f"/accounts/{account_id}", code=303)


@bp.get("/accounts/<uuid:account_id>/deletion")
def ask_to_delete(account_id: UUID) -> str:
    """Say what deleting an account means, before it is done."""
    kept = _kept(account_id)
    return _page(filled(kept), kept, template="accounts/deletion.html")


@bp.post("/accounts/<uuid:account_id>/deletion")
def delete(account_id: UUID) -> ResponseReturnValue:
    """Delete an account that nothing waits for."""
    kept = _kept(account_id)
    by = guard.admin().called
    try:
        with db.session() as session:
            account = accounts.lock(session, account_id)
            accounts.remove(session, account, by)
            audit.note(session, by, "removed account", account.name)
    except NotAllowed as error:
        form = filled(kept)
        form.form_errors.append(said(error))
        return _page(form, kept), 409
    flash(_("The account was deleted."))
    return redirect("/accounts", code=303)


def _typed() -> AccountForm:
    form = AccountForm(request.form)
    with db.reading() as session:
        form.connectors = connectors.every(session)
    return form


def _add(form: AccountForm) -> Account:
    by, name = guard.admin().called, form.name.data or ""
    with db.session() as session:
        if form.way.data == APPLICATION:
            large = bool(form.large.data)
            account = accounts.add(session, name, form.given, large=large, by=by)
        else:
            given, server = [form.sender.data or ""], form.server(None)
            account = accounts.add_smtp(session, name, given, server, by=by)
        accounts.decide_letterhead(session, account.id, form.letterhead)
        _switch(session, account, form)
        audit.note(session, by, "added account", name)
    return account


def _change(form: AccountForm, kept: Kept) -> None:
    by, name = guard.admin().called, form.name.data or ""
    with db.session() as session:
        account = accounts.lock(session, kept.account.id)
        accounts.rename(session, account, name)
        if account.by_smtp:
            accounts.readdress(session, account, [form.sender.data or ""], by)
            accounts.move(session, account.id, form.server(kept.server))
        elif account.by_application:
            accounts.readdress(session, account, form.given, by)
        accounts.decide_letterhead(session, account.id, form.letterhead)
        _switch(session, account, form)
        audit.note(session, by, "changed account", name)


def _switch(session: db.Session, account: Account, form: AccountForm) -> None:
    if form.is_default.data and not account.is_default:
        accounts.make_default(session, account)
    if form.enabled.data and not account.enabled:
        switch.on(session, account)
    elif not form.enabled.data and account.enabled:
        switch.off(session, account)


def _kept(account_id: UUID) -> Kept:
    """Return what is in force; raise NotFound, for a removed account too."""
    with db.reading() as session:
        account = accounts.by_id(session, account_id)
        if account not in accounts.every(session):
            raise NotFound("There is no such account.")
        server = servers.of(session, account_id) if account.by_smtp else None
    return Kept(account=account, server=server)


def _choices(known: Sequence[Connector]) -> list[tuple[str, str]]:
    """Return values and words of a choice among connectors; "" is the default one."""
    default = next((each.name for each in known if each.is_default), _("none yet"))
    usual = _("The default one (%(name)s)") % {"name": default}
    return [("", usual), *((str(each.id), each.name) for each in known)]


def _page(
    form: AccountForm, kept: Kept | None = None, template: str = "accounts/account.html"
) -> str:
    with db.reading() as session:
        chosen = registration.current(session)
        default = accounts.find(session)
        row = listing.row(session, kept.account) if kept else None
        known = connectors.every(session)
    return render_template(
        template,
        form=form,
        row=row,
        default=default,
        registered=chosen,
        connectors=_choices(known),
        redirect_uri=config.current().redirect_uri,
    )
