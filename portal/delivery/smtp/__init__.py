"""Out by SMTP: how a message is handed over, and when that is in doubt.

Until the dot that ends it was handed to the socket it was surely not accepted: a server
takes nothing of a mail that was not ended (RFC 5321 section 4.1.1.4). So `begin` comes
just before that dot, and whoever vanishes earlier has sent nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from uuid import UUID

from portal import clock, db, net
from portal.delivery import spending
from portal.delivery.smtp import envelope, letter, wire
from portal.delivery.smtp.connections import Connections
from portal.delivery.smtp.letter import Letter
from portal.delivery.transport import (
    Accepted,
    Attempt,
    NotSent,
    Parcel,
    Progress,
    Unknown,
    unknown,
)
from portal.errors import DeliveryError, Unsure
from portal.explanations.exchange import NOT_FOR_MAILBOX, NOT_ITS_RETURN_PATH
from portal.explanations.google import gmail
from portal.explanations.graph import NO_SEND_AS
from portal.explanations.network import TOO_SLOW, UNFINISHED
from portal.explanations.own import BY_SMTP, CONNECTED_ANEW
from portal.explanations.smtp import UNHEARD
from portal.mail import spelling
from portal.microsoft import problems
from portal.net import deadline
from portal.net.deadline import Deadline
from portal.submission.client import Client, Reply, TooSlow
from portal.submission.opening import NotSignedIn, opened
from portal.submission.replies import Step, refusal
from portal.workspace import tokens
from portal.workspace.accounts import connectors, servers
from portal.workspace.accounts.servers import Authentication, Server
from portal.workspace.tokens import Token, application
from portal.workspace.tokens.application import Resource

GO_ON = 354
EARLY_SECONDS = 5  # that a refusal has which came before the end
BODY_SECONDS = 60.0  # for a message in all, and more for each of its bytes


class Smtp:
    """The transport of accounts that send by an SMTP server."""

    def __init__(
        self,
        patience: float = net.LONGEST_UPLOAD_SECONDS,
        envelope: float = net.LONGEST_SECONDS,
        body: float = BODY_SECONDS,
    ) -> None:
        self.connections = Connections()
        self.patience = patience  # seconds, after the dot; the lease lasts longer
        self.envelope = envelope  # seconds, and those of each recipient
        self.body = body  # seconds, and those of its bytes at the slowest rate

    def deliver(self, parcel: Parcel, progress: Progress) -> Accepted:
        server = _server(parcel.account_id)
        way = (server, parcel.connection_id)
        progress.prepare()
        try:
            client = self.connections.take(way, partial(_open, server, parcel))
            try:
                with _return_path_named(parcel, server.username):
                    accepted = self._hand_over(client, parcel, progress)
            except BaseException:
                client.close()
                raise
        except DeliveryError as error:
            error.command = problems.spell(
                error.command, sender=parcel.sender, username=server.username
            )
            raise
        self.connections.rest(way, client)
        return accepted

    def look_up(self, attempt: Attempt) -> Accepted | NotSent | Unknown:
        return unknown(BY_SMTP, final=True)

    def _hand_over(
        self, client: Client, parcel: Parcel, progress: Progress
    ) -> Accepted:
        progress.breathe()  # opening the connection may have taken a while
        written = letter.fit(parcel, client)
        with _before_the_dot(), client.within(self.envelope):
            taken = envelope.offer(client, written, progress)
            if (reply := client.ask("DATA")).status != GO_ON:
                raise refusal(reply, Step.DATA, client)
        self._pour(client, written, progress)
        progress.begin()
        reply = _ended(client, self.patience, taken.note)
        if not reply.well:
            raise refusal(reply, Step.CONTENT, client)
        return Accepted(answer=reply.answer, note=taken.note)

    def _pour(self, client: Client, written: Letter, progress: Progress) -> None:
        """Hand over all but the dot; the lease is renewed as bytes are taken."""
        try:
            with client.within(self.body):
                for piece in written.lines():
                    progress.breathe()
                    client.pour(piece)
        except TooSlow as error:
            raise TOO_SLOW.error() from error
        except OSError as error:
            raise _broken(client) from error


def _server(account_id: UUID) -> Server:
    with db.reading() as session:
        return servers.of(session, account_id)


def _open(server: Server, parcel: Parcel) -> Client:
    """Open a connection; a token that is refused is renewed once."""
    with db.reading() as session:
        proxy = connectors.through(session, server)
    match server.authentication:
        case Authentication.OAUTH:
            return _opened_by_application(server, proxy)
        case Authentication.CONSENT:
            return _opened_by_user(server, parcel, proxy)
    return opened(server, server.password, proxy)


def _opened_by_application(server: Server, proxy: str) -> Client:
    fetch = partial(application.current, Resource.EXCHANGE)
    token = spending.spent(fetch)
    try:
        return opened(server, token, proxy)
    except NotSignedIn:
        application.spoil(token, Resource.EXCHANGE)
    return opened(server, spending.spent(fetch), proxy)


def _opened_by_user(server: Server, parcel: Parcel, proxy: str) -> Client:
    token = _pinned(parcel)
    try:
        return opened(server, token.access, proxy)
    except NotSignedIn:
        tokens.spoil(token)
    try:
        return opened(server, _pinned(parcel).access, proxy)
    except NotSignedIn as error:
        row = gmail.NOT_FOR_MAILBOX if server.by_google else NOT_FOR_MAILBOX
        raise row.error(error.answer) from error


def _pinned(parcel: Parcel) -> Token:
    """Return a token of the sign-in that a parcel is pinned to; another may be new."""
    token = spending.spent(partial(tokens.current, parcel.account_id))
    if token.connection_id != parcel.connection_id:
        raise CONNECTED_ANEW.error()
    return token


@contextmanager
def _return_path_named(parcel: Parcel, username: str) -> Iterator[None]:
    """Name the Return-Path where no Send As may be said of it, rather than of From."""
    try:
        yield
    except DeliveryError as error:
        address = parcel.return_path
        own = spelling.same(address, parcel.sender, username)
        if own or error.cause != NO_SEND_AS.name:
            raise
        raise NOT_ITS_RETURN_PATH.error(error.answer, address=address) from error


def _broken(client: Client) -> DeliveryError:
    """Return why the server stopped reading; it may have said so before it did."""
    until = clock.seconds() + EARLY_SECONDS
    try:
        with deadline.obeyed(Deadline(until, EARLY_SECONDS, EARLY_SECONDS)):
            reply = client.hear()
    except OSError:
        return UNFINISHED.error()
    early = 400 <= reply.status < 600
    return refusal(reply, Step.CONTENT, client) if early else UNFINISHED.error()


def _ended(client: Client, patience: float, note: str) -> Reply:
    """Hand over the dot, and return what is said of the message, in so many seconds.

    Raises Deferred if the socket did not take the dot, Unsure if it did; `note` tells
    who surely does not get it.
    """
    until = clock.seconds() + patience
    with deadline.obeyed(Deadline(until, patience, patience)):
        with _before_the_dot():
            client.hand(wire.END)
        try:
            return client.hear()
        except OSError as error:
            raise Unsure(UNHEARD.noted(note)).because(UNHEARD.name) from error


@contextmanager
def _before_the_dot() -> Iterator[None]:
    """Say of what breaks here that the message was surely not accepted."""
    try:
        yield
    except TooSlow as error:
        raise TOO_SLOW.error() from error
    except OSError as error:
        raise UNFINISHED.error() from error
