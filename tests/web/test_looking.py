"""To look at a page changes nothing: not what is in force, nor what waits."""

from typing import Any

from flask import Flask
from sqlalchemy import text

from portal import db
from portal.workspace import accounts
from tests import keyring
from tests.trip import ANN
from tests.watch.alerts import steps
from tests.web.addresses import addresses
from tests.web.browsing import Browser

# They are made to be written: when somebody was last seen, and how a trip goes.
RESTLESS = {"session", "trip"}


def test_no_address_that_is_only_looked_at_changes_anything(
    ann: Browser, portal: Flask
) -> None:
    ann.enable(ANN)
    change = ann.ask("noreply@contoso.example")
    there = ann.post("/settings/test", {"to": ANN, "subject": "a", "text": "b"})
    with db.reading() as session:
        account = accounts.find(session)
    ids = {
        "change_id": change,
        "message_id": there.headers["Location"][-36:],
        "account_id": account.id,
        "key_id": keyring.made().key_id,
        "channel_id": steps.channel().id,
    }
    before = everything()

    answers = [ann.get(address) for address in addresses(portal, ids)]

    assert len(answers) > 15
    assert {answer.status_code for answer in answers} <= {200, 302, 303, 400, 401, 404}
    assert everything() == before


def everything() -> dict[str, list[Any]]:
    """Return every row of the database, by table."""
    names = set(db.Table.metadata.tables) - RESTLESS
    with db.reading() as session:
        return {
            name: [*map(tuple, session.execute(text(f'SELECT * FROM "{name}"')))]
            for name in names
        }
