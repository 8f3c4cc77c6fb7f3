"""What an SMTP server shows before any mail: it answers, encrypts, and signs us in."""

from dataclasses import replace

from portal import db
from portal.errors import Deferred
from portal.explanations.exchange import NOT_FOR_MAILBOX
from portal.explanations.google import gmail
from portal.mail.lanes.budgets import Tariff
from portal.mail.outbox import claims
from portal.submission.opening import NotSignedIn, opened
from portal.watch.verify.preflight import BUSY
from portal.watch.verify.setup import Setup
from portal.workspace import tokens
from portal.workspace.accounts.servers import Authentication, Server
from portal.workspace.tokens import application
from portal.workspace.tokens.application import Resource
from portal.workspace.verification import Name, Step, skipped, well

BY_GRAPH = "It sends by Microsoft Graph, not by a server."
ASKS_NOBODY = "The server asks nobody who it is."
SIGNED_IN = "{place} signs {username} in."


def greet(server: Server, proxy: str) -> str:
    """Connect, say hello and encrypt; return where. Raises one of the four."""
    unknown = replace(server, authentication=Authentication.NONE)
    opened(unknown, "", proxy).leave()
    return _place(server)


def sign_in(given: Setup) -> tuple[Step, ...]:
    """Sign in at the server as a worker does, and leave again."""
    server = given.server
    if server is None:
        return (skipped(Name.SERVER, BY_GRAPH),)
    if server.authentication == Authentication.NONE:
        return (skipped(Name.SERVER, ASKS_NOBODY),)
    if server.tariff == Tariff.SUBMISSION:
        _spend(given)
    try:
        opened(server, _secret(given, server), given.proxy).leave()
    except NotSignedIn as error:
        if server.authentication == Authentication.CONSENT:
            row = gmail.NOT_FOR_MAILBOX if given.by_google else NOT_FOR_MAILBOX
            raise row.error(error.answer) from error
        raise
    said = SIGNED_IN.format(place=_place(server), username=server.username)
    return (well(Name.SERVER, said),)


def _secret(given: Setup, server: Server) -> str:
    match server.authentication:
        case Authentication.OAUTH:
            return application.current(Resource.EXCHANGE)
        case Authentication.CONSENT:
            return tokens.current(given.id).access
    return server.password


def _spend(given: Setup) -> None:
    """Take no connection that a mail needs; raise Deferred if none is left."""
    with db.session() as session:
        if not claims.spare(session, given.id, requests=1):
            raise Deferred(BUSY)


def _place(server: Server) -> str:
    return f"{server.host}:{server.port}"
