"""Accounts that send by the application's own permission, in these tests."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from portal import config, db
from portal.accept import Caller
from portal.config import Config
from portal.intake import desk
from portal.mail import lanes
from portal.mail.lanes import Hold
from portal.mail.message import Message, address
from portal.workspace import accounts
from portal.workspace.accounts import Account
from tests import trip
from tests.delivery.steps import work
from tests.sandbox.serving import Sandbox
from tests.sandbox.walking import approval_url

NAME = "bills"
DOMAIN = "@contoso.example"
Add = Callable[..., Account]


def approve(house: Config, sandbox: Sandbox) -> None:
    """Register the application, and have it granted permissions of its own."""
    config.use(replace(house, login_url=sandbox.url, graph_url=sandbox.url))
    trip.register()
    sandbox.sign_in(None, approval_url(sandbox))


def add(*given: str, large: bool = False, name: str = NAME) -> Account:
    """Add an account that sends as these."""
    read = [address.sender(each) for each in given]
    with db.session() as session:
        return accounts.add(session, name, read, large=large, by="operator")


def found(name: str = NAME) -> Account:
    with db.reading() as session:
        return accounts.find(session, name)


def send(sender: str | None = None, **fields: Any) -> UUID:
    """Send a message as far as it gets; return its id."""
    whole = {"to": "jane@example.com", "subject": "Bill", "text": "Well."} | fields
    brought = Message(sender=sender, account=NAME, **whole)
    message = UUID(desk.take(brought, Caller(name="test")).id)
    work()
    return message


def hold() -> Hold | None:
    """Tell why the account waits for somebody; None if it does not."""
    with db.reading() as session:
        return lanes.holding(session, found().id)
