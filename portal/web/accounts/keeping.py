"""What an admin wants of an account, put in force; each change is in the audit."""

from dataclasses import replace
from uuid import UUID

from flask import request

from portal import db
from portal.errors import Conflict
from portal.web.accounts.form import AccountForm, Kept
from portal.web.language import gettext as _
from portal.web.session import guard
from portal.workspace import accounts, switch
from portal.workspace.accounts import Account, Way, connectors, entries, servers
from portal.workspace.accounts.entries import Act
from portal.workspace.accounts.servers import Authentication
from portal.workspace.consent import submission
from portal.workspace.tokens import application
from portal.workspace.tokens.application import Resource


def typed() -> AccountForm:
    """Return what was typed, to be validated."""
    form = AccountForm(request.form)
    with db.reading() as session:
        form.connectors = connectors.every(session)
    return form


def kept(account_id: UUID) -> Kept:
    """Return what is in force; raise NotFound, for a removed account too."""
    with db.reading() as session:
        account = accounts.living(session, account_id)
        server = servers.of(session, account_id) if account.by_smtp else None
    return Kept(account=account, server=server)


def add(form: AccountForm, name: str) -> Account:
    """Add an account; raise NotAllowed, or what Microsoft says of our credential."""
    by = guard.admin().called
    if form.way.data == Way.APPLICATION:
        application.prove(Resource.GRAPH)
    elif form.signs_in and form.authentication.data == Authentication.OAUTH:
        application.prove(Resource.EXCHANGE)
    with db.session() as session:
        account = _made(session, form, name)
        _fall_back(session, account, form)
        told = entries.way(session, account)
        entries.note(session, Act.ADDED, name, by, told)
        _switch(session, account, form)
    return account


def add_trial(form: AccountForm, name: str, known: Kept | None) -> Account:
    """Add a trial of what was typed; raise NotAllowed."""
    by = guard.admin().called
    with db.session() as session:
        account = _made(session, form, name, known)
        accounts.make_trial(session, account.id)
        typed_name = known.account.name if known else form.name.data or ""
        told = entries.way(session, account)
        entries.note(session, Act.TRIED, typed_name, by, told)
    return account


def _made(
    session: db.Session, form: AccountForm, name: str, known: Kept | None = None
) -> Account:
    """Make an account of what was typed; a password left out is the known one's."""
    by = guard.admin().called
    if form.way.data == Way.APPLICATION:
        large = bool(form.large.data)
        account = accounts.add(session, name, form.given, large=large, by=by)
    elif form.way.data == Way.CONSENT:
        account = accounts.add_delegated(session, name, by=by)
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
        # First: whoever chooses another fallback is waited for.
        _fall_back(session, known.account, form)
        account = accounts.lock(session, known.account.id)
        _check_seen(session, account, known, form.seen.data or "")
        accounts.rename(session, account, name)
        if account.by_smtp:
            given = [form.sender.data or "", *account.senders[1:]]
            accounts.readdress(session, account, list(dict.fromkeys(given)), by)
            # As it is now: whoever was faster may have changed the password.
            present = servers.of(session, account.id)
            submission.move(session, account, form.server(present))
        elif account.by_application:
            accounts.readdress(session, account, form.given, by)
        accounts.decide_letterhead(session, account.id, form.letterhead)
        if told := entries.changes(session, known.account, known.server):
            entries.change(session, account, by, *told)
        _switch(session, replace(account, name=name), form)


def _check_seen(session: db.Session, account: Account, known: Kept, seen: str) -> None:
    """Raise Conflict if somebody has changed what was looked at."""
    server = servers.of(session, account.id) if account.by_smtp else None
    # What is chosen here, and written already, is no change of anybody else's.
    present = replace(account, fallback_id=known.account.fallback_id)
    if Kept(account=present, server=server).mark != seen:
        raise Conflict(
            _(
                "Somebody changed this account meanwhile, so nothing was saved. Save"
                " again to put yours in the place of theirs."
            )
        )


def _fall_back(session: db.Session, account: Account, form: AccountForm) -> None:
    wanted = UUID(form.fallback.data) if form.fallback.data else None
    if wanted != account.fallback_id:
        accounts.decide_fallback(session, account.id, wanted)


def _switch(session: db.Session, account: Account, form: AccountForm) -> None:
    by = guard.admin().called
    if form.is_default.data and not account.is_default:
        accounts.make_default(session, account)
        entries.note(session, Act.MADE_DEFAULT, account.name, by)
    if form.enabled.data and not account.enabled:
        switch.on(session, account)
        entries.note(session, Act.SWITCHED_ON, account.name, by)
    elif not form.enabled.data and account.enabled:
        switch.off(session, account)
        entries.note(session, Act.SWITCHED_OFF, account.name, by)
