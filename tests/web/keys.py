"""Keys, as the page makes and lists them."""

from werkzeug.test import TestResponse

from portal import db
from portal.errors import NotAuthorized
from portal.workspace import accounts, audit
from portal.workspace.accounts import Account
from portal.workspace.people import keys
from portal.workspace.people.keys import Key
from portal.workspace.people.limits import NONE, Limits
from tests.web.browsing import Browser, value

HOSTILE = "<script>alert(1)</script>\"'><img src=x>"


def post(browser: Browser, address: str = "/keys", **fields: str) -> TestResponse:
    return browser.post(address, fields, form_at="/keys")


def every() -> list[Key]:
    with db.reading() as session:
        return keys.every(session)


def make(name: str = "Billing", limits: Limits = NONE) -> tuple[Key, str]:
    with db.session() as session:
        secret = keys.create(session, name, limits)
    with db.reading() as session:
        return keys.check(session, secret), secret


def default() -> Account:
    with db.reading() as session:
        return accounts.find(session)


def audited() -> list[str]:
    """Return what was done to keys, the latest last."""
    with db.reading() as session:
        found = audit.page(session, None, 50)
    return [each.action for each in reversed(found) if "key" in each.action]


def opens(secret: str) -> bool:
    try:
        with db.reading() as session:
            return bool(keys.check(session, secret))
    except NotAuthorized:
        return False


def limits(browser: Browser, key: Key, **fields: str) -> TestResponse:
    """Save limits as the form on their page does."""
    here = f"/keys/{key.id}/limits"
    seen = value(browser.get(here), "seen")
    return post(browser, here, **{"seen": seen, **fields})
