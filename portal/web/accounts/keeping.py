"""What an admin wants of an account, put in force; each change is in the audit."""

from uuid import UUID

from flask import request

from portal import db
from portal.errors import NotFound
from portal.web.accounts.form import APPLICATION, AccountForm, Kept
from portal.web.session import guard
from portal.workspace import accounts, audit, switch
from portal.workspace.accounts import Account, connectors, servers
from portal.workspace.consent import submission


def typed() -> AccountForm:
    """Return what was typed, to be validated."""
    form = AccountForm(request.form)
    with db.reading() as session:
        form.connectors = connectors.every(session)
    return form


def kept(account_id: UUID) -> Kept:
    """Return what is in force; raise NotFound, for a removed account too."""
    with db.reading() as session:
        account = accounts.by_id(session, account_id)
        if account not in accounts.every(session):
            raise NotFound("There is no such account.")
        server = servers.of(session, account_id) if account.by_smtp else None
    return Kept(account=account, server=server)


def add(form: AccountForm, name: str) -> Account:
    """Add an account; raise NotAllowed."""
    by = guard.admin().called
    with db.session() as session:
        account = made(session, form, name)
        _switch(session, account, form)
        audit.note(session, by, "added account", name)
    return account


def made(
    session: db.Session, form: AccountForm, name: str, known: Kept | None = None
) -> Account:
    """Make an account of what was typed; a password left out is the known one's."""
    by = guard.admin().called
    if form.way.data == APPLICATION:
        large = bool(form.large.data)
        account = accounts.add(session, name, form.given, large=large, by=by)
    else:
        given = [form.sender.data or ""]
        server = form.server(known.server if known else None)
        account = accounts.add_smtp(session, name, given, server, by=by)
        submission.wait(session, account)
    accounts.decide_letterhead(session, account.id, form.letterhead)
    return account


def change(form: AccountForm, known: Kept) -> None:
    """Change an account, from the next message on; raise NotAllowed."""
    by, name = guard.admin().called, form.name.data or ""
    with db.session() as session:
        account = accounts.lock(session, known.account.id)
        accounts.rename(session, account, name)
        if account.by_smtp:
            accounts.readdress(session, account, [form.sender.data or ""], by)
            submission.move(session, account, form.server(known.server))
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
