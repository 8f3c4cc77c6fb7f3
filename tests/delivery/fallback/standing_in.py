"""Two accounts of these tests: the default one, and one that stands in for it."""

from typing import Any
from uuid import UUID

from portal import db
from portal.accept import Caller
from portal.delivery.worker import Worker
from portal.intake import desk
from portal.mail import journal, lanes
from portal.mail.journal import Line
from portal.mail.message import Message
from portal.workspace import accounts
from portal.workspace.accounts import Server
from tests.delivery.smtp import posting
from tests.mail import backlog
from tests.postman import Postman
from tests.workspace import grants

OWN = "reports@contoso.example"
OTHER = "backup@contoso.example"
NAME = "backup"


def add(name: str = NAME, *given: str) -> UUID:
    """Add an account that sends by a server; return its id."""
    server = Server(host="127.0.0.1", port=2500)
    return posting.add(server, *(given or (OTHER,)), name=name).id


def choose(account: UUID, other: UUID | None) -> None:
    with db.session() as session:
        accounts.decide_fallback(session, account, other)


def pair(*given: str) -> tuple[UUID, UUID]:
    """Let the default account fall back on another; return the ids of both."""
    account = backlog.account()
    grants.send_as(OWN)
    backlog.open_lane(account, in_flight=1)
    other = add(NAME, *given)
    choose(account, other)
    return account, other


def put(by: Caller | None = None, **fields: Any) -> UUID:
    """Accept a message for the default account; return its id."""
    whole = {"to": "jane@example.com", "text": "Well."} | fields
    return UUID(desk.take(Message(**whole), by or Caller(name="test")).id)


def work(own: Postman, other: Postman, times: int = 100) -> None:
    """Do what is due, each time with a new worker."""
    for _ in range(times):
        if not Worker({"graph": own, "smtp": other}).work_once():
            return


def account_of(message: UUID) -> UUID:
    return backlog.record(message).account_id


def story(message: UUID) -> list[Line]:
    with db.reading() as session:
        return journal.story(session, message)


def held(account: UUID) -> str:
    """Tell why an account is held; "" if it is not."""
    with db.reading() as session:
        hold = lanes.holding(session, account)
    return hold.reason if hold else ""
