"""Each class of failure, met by a mail on real sockets, followed to its line."""

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from portal import config
from portal.explanations import Topic
from portal.net import deadline
from portal.net.deadline import Deadline
from portal.sandbox.seeds import CLIENT_ID, TENANT_ID
from portal.workspace.accounts.servers import Authentication, Security, Server
from tests.delivery.smtp.obeying import SILENCE, Obeying, obeying
from tests.delivery.smtp.posting import JANE, REPORTS, send
from tests.delivery.steps import work
from tests.sandbox.identity import identity_of
from tests.trip import ANN
from tests.web.browsing import Browser
from tests.web.log_lines import Shown, lines
from tests.web.posting import put

SOON = 0.3  # seconds
AT_MICROSOFT = Server(
    host="localhost", port=587, authentication=Authentication.OAUTH, username=ANN
)
NOWHERE = "mail.mail-portal.invalid"  # RFC 6761 section 6.4: nobody knows it


@pytest.fixture
def mail(ann: Browser) -> Iterator[Obeying]:
    """Serve an SMTP server that does as it is told."""
    with obeying() as told:
        yield told


@contextmanager
def full() -> Iterator[int]:
    """Listen where nobody more is let in; hand out the port."""
    with ExitStack() as open_:
        listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        open_.enter_context(listener)
        for _ in range(2):  # one more than fits into the backlog
            waiting = open_.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def send_hastily(server: Server) -> None:
    """Have a mail tried by this server, for not long."""
    with deadline.obeyed(Deadline(time.monotonic() + SOON, SOON, SOON)):
        send(server)


def only(browser: Browser, topic: Topic) -> Shown:
    """Return the line of the mail that the log has of this class.

    Where all its account is held for it, a line of that follows.
    """
    *others, line = lines(browser, f"/log?topic={topic}")
    assert [each.columns["Status"] for each in others] in ([], ["Account held"])
    return line


def test_a_name_that_cannot_be_resolved(ann: Browser) -> None:
    send(Server(host=NOWHERE, port=25, security=Security.NONE))

    columns = only(ann, Topic.DNS).columns
    assert f"Could not resolve hostname {NOWHERE}." in columns["Log Message"]
    assert columns["Status"] == "Postponed"
    assert columns["Mail Settings"] == f"{NOWHERE} :25"


def test_a_connection_that_times_out(ann: Browser) -> None:
    with full() as port:
        send_hastily(Server(host="127.0.0.1", port=port, security=Security.NONE))

    said = only(ann, Topic.TIME_OUT).columns["Log Message"]
    assert f"The connection to 127.0.0.1:{port} timed out." in said


def test_a_server_that_says_nothing(ann: Browser, mail: Obeying) -> None:
    mail.replies["GREETING"] = [SILENCE]

    send_hastily(mail.server())

    assert "timed out" in only(ann, Topic.TIME_OUT).columns["Log Message"]


def own_certificate(folder: Path) -> ssl.SSLContext:
    identity, chain, key = identity_of("localhost"), folder / "chain", folder / "key"
    chain.write_bytes(identity.certificate)
    key.write_bytes(identity.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    return context


def test_a_certificate_that_nobody_vouches_for(ann: Browser, tmp_path: Path) -> None:
    with obeying(context=own_certificate(tmp_path), tls_first=True) as told:
        send(told.server(host="localhost", security=Security.TLS))

    said = only(ann, Topic.TLS).columns["Log Message"]
    assert "The TLS handshake with localhost failed" in said
    assert "its certificate is not trusted" in said


def test_a_server_that_speaks_no_tls(ann: Browser, mail: Obeying) -> None:
    send(mail.server(security=Security.TLS))

    said = only(ann, Topic.TLS).columns["Log Message"]
    assert "The TLS handshake with 127.0.0.1 failed" in said


@pytest.mark.parametrize(
    ("verb", "reply", "topic", "status"),
    [
        ("AUTH", "535 5.7.8 Wrong password", Topic.SMTP, "Held"),
        (f"RCPT {JANE}", "550 5.1.1 No such user", Topic.SMTP, "Failed"),
        ("DATA", "554 5.7.1 Not by our policy", Topic.SMTP, "Failed"),
        ("MAIL", "421 4.4.2 Too busy", Topic.THROTTLING, "Postponed"),
    ],
)
def test_a_code_of_an_smtp_server(
    ann: Browser, mail: Obeying, verb: str, reply: str, topic: Topic, status: str
) -> None:
    mail.replies[verb] = [reply]

    send(mail.signing_in())

    line = only(ann, topic)
    assert " ".join(reply.split()[:2]) in line.columns["Log Message"]
    assert line.columns["Status"] == status
    assert line.columns["Authentication Type"] == "Basic (SMTP)"
    assert line.then["Username"] == REPORTS


def test_a_client_secret_that_is_wrong(ann: Browser) -> None:
    settings = replace(config.current(), tenant_id=TENANT_ID, client_id=CLIENT_ID)
    config.use(replace(settings, client_secret="wrong"))

    send(AT_MICROSOFT)

    assert "AADSTS7000215" in only(ann, Topic.OAUTH).columns["Log Message"]


def test_a_client_secret_that_has_expired(ann: Browser) -> None:
    ann.sandbox.fault("secret-expired", times=None)

    send(AT_MICROSOFT)

    line = only(ann, Topic.OAUTH)
    assert "AADSTS7000222" in line.columns["Log Message"]
    assert line.columns["Authentication Type"] == "OAuth (SMTP)"
    assert line.then["Application (Client) ID"] == CLIENT_ID
    assert line.then["Redirect URI"] == config.current().redirect_uri


def test_a_sign_in_that_was_revoked(sender: Browser) -> None:
    sender.sandbox.fault("revoked", user=ANN)
    put()

    work()

    line = only(sender, Topic.OAUTH)
    assert "AADSTS50173" in line.columns["Log Message"]
    assert line.columns["Authentication Type"] == "OAuth (Graph)"
    assert line.then["Connected as"] == ANN
