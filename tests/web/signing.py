"""An SMTP account whose user signs in, as these tests add it and have it connected."""

from portal import db
from portal.workspace import accounts
from portal.workspace.accounts import Account
from tests.trip import ANN
from tests.web.browsing import Browser, words
from tests.web.posting import ask

OFFICE = {
    "name": "Office",
    "enabled": "y",
    "way": "smtp",
    "kind": "smtp",
    "host": "smtp.office365.com",
    "port": "587",
    "safe": "y",
    "security": "starttls",
    "authenticated": "y",
    "authentication": "consent",
    "username": ANN,
    "sender": ANN,
}


def add(ann: Browser, **changed: str) -> Account:
    answer = ann.post("/accounts", OFFICE | changed, form_at="/accounts/new")
    assert answer.status_code == 303, words(answer)
    with db.reading() as session:
        return accounts.find(session, "Office")


def sign_in(ann: Browser, account: Account, as_: str = ANN) -> str:
    """Press Sign In, have it approved, and sign in; return where that ended."""
    change = ask(ann, account)
    if "adminconsent" in ann.get(f"/consent/{change}").headers["Location"]:
        ann.travel(f"/consent/{change}")
    return ann.travel(f"/consent/{change}", as_).headers["Location"]
