"""Opening a connection: reached, greeted, encrypted, and signed in.

Nothing of a message is said yet, so whatever happens here it was not accepted.
"""

import ssl
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from socket import gaierror, socket
from urllib.parse import urlsplit

from portal import clock, config, net
from portal.errors import Withheld
from portal.explanations import Explanation, network
from portal.explanations.smtp import NO_TLS, NOT_OFFERED, STRANGE
from portal.mail.lanes.budgets import Tariff
from portal.net import deadline
from portal.net.deadline import Deadline
from portal.submission import way
from portal.submission.client import Client, Endless, Reply
from portal.submission.replies import Step, refusal
from portal.workspace.accounts.servers import (
    Authentication,
    Provider,
    Security,
    Server,
)

CONTINUE = 334
LONGEST_COMMAND = 510  # characters, and the end of the line
REFUSED = 535
BY_TOKEN = frozenset({Authentication.OAUTH, Authentication.CONSENT})
STEPS = {
    Authentication.PASSWORD: Step.SIGN_IN,
    Authentication.OAUTH: Step.APPLICATION,
    Authentication.CONSENT: Step.OAUTH,
}
TOKEN_CODES = frozenset({"5.7.3", "5.7.8", ""})  # of a token that is not accepted

# The first line whose error it is tells what happened.
REASONS: tuple[tuple[type[OSError], Explanation], ...] = (
    (gaierror, network.UNRESOLVED),
    (ssl.SSLCertVerificationError, network.UNTRUSTED),
    (ssl.SSLError, network.NOT_SECURE),
    (Endless, STRANGE),
    (ConnectionRefusedError, network.REFUSED),
    (TimeoutError, network.TIMED_OUT),
    (OSError, network.BROKEN),
)


class NotSignedIn(Withheld):
    """The server does not accept a password, or a token: the next one may do."""


def opened(server: Server, secret: str, proxy: str) -> Client:
    """Return a connection that mail can be sent by; raise one of the four.

    `secret` is the password or the access token. NotSignedIn says that it was refused.
    `proxy` is where it leads through; "": straight.
    """
    until = clock.seconds() + net.LONGEST_SECONDS
    with deadline.obeyed(Deadline(until, *net.TIMEOUT)), _translated(server):
        client = _greeted(server, proxy)
        try:
            _secure(client, server)
            _sign_in(client, server, secret)
        except BaseException:
            client.close()
            raise
        return client


@contextmanager
def _translated(server: Server) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        met = _met(error)
        row = next(row for kind, row in REASONS if isinstance(met, kind))
        raise row.error(
            host=server.host,
            place=f"{server.host}:{server.port}",
            why=getattr(met, "verify_message", ""),
        ) from error


def _met(error: OSError) -> OSError:
    """Return what the library met, which it may tell in words of its own."""
    behind = error.__context__
    return behind if isinstance(behind, OSError) else error


def _greeted(server: Server, proxy: str) -> Client:
    sock = way.connect(server.host, server.port, proxy)
    try:
        if server.security == Security.TLS:
            sock = _encrypted(sock, server)
        client = Client(sock, server.host, _own_name(sock))
    except BaseException:
        sock.close()
        raise
    if server.tariff == Tariff.SUBMISSION:
        client.provider = Provider.MICROSOFT
    elif server.authentication in BY_TOKEN:
        client.provider = server.provider  # nobody else takes its tokens
    try:
        if not (greeting := client.greeted()).well:
            raise refusal(greeting, Step.GREETING, client)
        _hello(client)
    except BaseException:
        client.close()
        raise
    return client


def _encrypted(sock: socket, server: Server) -> ssl.SSLSocket:
    sock.settimeout(deadline.to_wait())
    trusted = way.context(ignored=server.ignore_certificate)
    return trusted.wrap_socket(sock, server_hostname=server.host)


def _own_name(sock: socket) -> str:
    """Return who says hello: our name if we have one, else our address.

    RFC 5321 section 4.1.3
    """
    name = urlsplit(config.current().base_url).hostname or ""
    if "." in name and not name.replace(".", "").isdigit():
        return name
    address = sock.getsockname()[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _hello(client: Client) -> None:
    status, _ = client.ehlo()
    if status >= 500:
        status, _ = client.helo()  # RFC 5321 section 3.2: an old server
    if not 200 <= status < 300:
        reply = Reply.heard(status, client.ehlo_resp or client.helo_resp or b"")
        raise refusal(reply, Step.HELLO, client)


def _secure(client: Client, server: Server) -> None:
    if server.security != Security.STARTTLS:
        return
    if not client.has_extn("starttls"):
        raise NO_TLS.error()
    reply = client.say("STARTTLS")
    if reply.status != 220:
        raise refusal(reply, Step.STARTTLS, client)
    if client.sock is None:
        raise STRANGE.error()
    client.sock = _encrypted(client.sock, server)
    # What was read in the clear, a whole reply too many perhaps, counts no more.
    client.file = None
    client.esmtp_features.clear()
    _hello(client)


def _sign_in(client: Client, server: Server, secret: str) -> None:
    if server.authentication == Authentication.NONE:
        return
    offered = client.esmtp_features.get("auth", "").upper().split()
    ways = {
        Authentication.PASSWORD: ("PLAIN", "LOGIN"),
        Authentication.OAUTH: ("XOAUTH2",),
        Authentication.CONSENT: ("XOAUTH2",),
    }[server.authentication]
    mechanism = next((way for way in ways if way in offered), None)
    if mechanism is None:
        raise NOT_OFFERED.error()
    reply = _said(client, mechanism, server.username, secret)
    if reply.well:
        return
    error = refusal(reply, STEPS[server.authentication], client)
    if reply.status == REFUSED and reply.code in TOKEN_CODES:
        error = NotSignedIn(
            str(error), scope=error.scope, answer=error.answer, command=error.command
        ).because(error.cause)
    raise error


def _said(client: Client, mechanism: str, username: str, secret: str) -> Reply:
    """Say who we are, and return the last answer, without what it must not tell."""
    if mechanism == "LOGIN":
        words = ["AUTH LOGIN", _packed(username), _packed(secret)]
    elif mechanism == "PLAIN":
        words = _at_once("AUTH PLAIN", _packed(f"{chr(0)}{username}{chr(0)}{secret}"))
    else:
        # https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth#sasl-xoauth2
        bearer = f"user={username}\x01auth=Bearer {secret}\x01\x01"
        # A refusal may come as a question, which an empty line answers.
        words = [*_at_once("AUTH XOAUTH2", _packed(bearer)), ""]
    for word in words:
        reply = client.say(word)
        if reply.status != CONTINUE:
            break
    said = (word.split(" ") for word in words)
    return reply.without(secret, *(word[-1] for word in said if len(word) != 2))


def _at_once(command: str, packed: str) -> list[str]:
    """Put both in one line, or in two if a command may not be so long.

    RFC 4954 section 4, RFC 5321 section 4.5.3.1.4
    """
    line = f"{command} {packed}"
    return [line] if len(line) <= LONGEST_COMMAND else [command, packed]


def _packed(text: str) -> str:
    return b64encode(text.encode()).decode()
