"""Whose settings a page is for, and where it lies.

The workspace's own account has them at /settings; every other one that a user signs in
for has the same pages at an address of its own.
"""

from typing import Any
from uuid import UUID

from flask import Blueprint, Flask, g

from portal import db
from portal.errors import NotFound
from portal.workspace import accounts
from portal.workspace.accounts import Account, places

OWN = places.OWN
OTHER = "/accounts/<uuid:account_id>/settings"


def register(app: Flask, bp: Blueprint) -> None:
    """Let the views of a blueprint serve each account, where its settings lie."""
    app.register_blueprint(bp, url_prefix=OWN)
    app.register_blueprint(bp, url_prefix=OTHER, name=f"{bp.name}_of_account")


def keep(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Remember whose settings are asked for, so that no view has to take it."""
    g.account_id = (values or {}).pop("account_id", None)


def here(leaf: str = "") -> str:
    """Return where the settings that are asked for lie, or a page below them."""
    return (places.settings(g.account_id) if g.account_id else OWN) + leaf


def account(session: db.Session) -> Account:
    """Return the account whose settings are asked for; raise NotFound."""
    found = connected(session)
    if found.configured:
        raise NotFound("There is no such account.")
    return found


def living(session: db.Session) -> Account:
    """Return the same, however the account sends; raise NotFound."""
    if g.account_id is None:
        return accounts.workspace(session)
    return accounts.living(session, g.account_id)


def connected(session: db.Session) -> Account:
    """Return the same, which may submit with a user's sign-in; raise NotFound."""
    found = living(session)
    if not found.by_consent:
        raise NotFound("There is no such account.")
    return found


def of(session: db.Session, account_id: UUID) -> str:
    """Return where somebody who signs in for an account finds it."""
    return places.repair(session, accounts.by_id(session, account_id))
