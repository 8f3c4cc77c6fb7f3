"""A branch office's relay: an account by SMTP, as a browser keeps it."""

from collections.abc import Mapping

from portal import db
from portal.delivery.smtp import Smtp
from portal.delivery.worker import Worker
from portal.workspace import accounts
from portal.workspace.accounts import Account, servers
from portal.workspace.accounts.servers import Server
from tests.web.browsing import Browser, words
from tests.web.posting import mark

BRANCH = {
    "name": "Branch office relay",
    "enabled": "y",
    "way": "smtp",
    "kind": "smtp",
    "host": "127.0.0.1",
    "port": "2525",
    "safe": "",
    "security": "starttls",
    "authenticated": "y",
    "authentication": "password",
    "username": "branch@contoso.example",
    "password": "open, Sesame",
    "sender": "branch@contoso.example",
}


def fields(**changed: str) -> dict[str, str]:
    """Return what a browser posts: what is empty is no checked switch."""
    return {name: value for name, value in {**BRANCH, **changed}.items() if value}


def add(ann: Browser, **changed: str) -> Account:
    answer = ann.post("/accounts", fields(**changed), form_at="/accounts/new")
    assert answer.status_code == 303, words(answer)
    return named(changed.get("name", BRANCH["name"]))


def named(name: str) -> Account:
    with db.reading() as session:
        return accounts.find(session, name)


def server(account: Account) -> Server:
    with db.reading() as session:
        return servers.of(session, account.id)


def save(ann: Browser, account: Account, given: Mapping[str, str]) -> str:
    at = f"/accounts/{account.id}"
    seen = {"seen": mark(ann, account.id)}
    return words(ann.follow(ann.post(at, {**given, **seen}, form_at=at)))


def send_test(ann: Browser, account: Account) -> str:
    """Send a test mail; return the address that tells what became of it."""
    at = f"/accounts/{account.id}/test"
    mail = {"to": "jane@example.com", "subject": "Trial", "text": "Well."}
    return ann.post(at, mail, form_at=at).headers["Location"]


def sent_by_smtp() -> None:
    worker = Worker({accounts.SMTP: Smtp()}, threads=1)
    while worker.work_once():
        pass


def proven(account: Account) -> bool:
    return named(account.name).proven_at is not None
