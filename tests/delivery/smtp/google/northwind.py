"""The account of an organization at Google, and those who may sign in for it."""

from dataclasses import replace
from typing import Any

from portal import db
from portal.sandbox.google.people import CLIENT_ID, CLIENT_SECRET
from portal.workspace import connections
from portal.workspace.accounts.servers import Authentication, Provider, Server
from portal.workspace.connections import Connection
from tests.delivery.smtp.consenting import connect, found
from tests.delivery.smtp.posting import add
from tests.sandbox.serving import Sandbox

DANA, ERIN = "dana@northwind.example", "erin@northwind.example"


def server(sandbox: Sandbox, **more: Any) -> Server:
    """Say how the sandbox takes mail from a user of Google's."""
    assert sandbox.gmail
    known = Server(
        host="localhost",
        port=sandbox.gmail.port,
        authentication=Authentication.CONSENT,
        username=DANA,
        provider=Provider.GOOGLE,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
    )
    return replace(known, **more)


def connected(sandbox: Sandbox) -> Connection:
    """Add an account, and let its user sign in; return what is kept."""
    add(server(sandbox), DANA)
    connect(sandbox, as_=DANA)
    with db.reading() as session:
        kept = connections.find(session, found().id)
    assert kept
    return kept
