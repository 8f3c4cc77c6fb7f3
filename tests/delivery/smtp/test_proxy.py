"""The way through an HTTP proxy, or a Network Connector, and proxies that lie."""

import pytest

from portal import db
from portal.config import Config
from portal.mail.outbox import State
from portal.workspace.accounts import Connector, connectors
from tests.delivery.smtp.obeying import Obeying
from tests.delivery.smtp.posting import send
from tests.delivery.smtp.proxies import Proxy, leading, proxy
from tests.delivery.steps import record


def connect(name: str, told: Proxy) -> Connector:
    """Make a Network Connector of a proxy; the first one is the default."""
    address = f"http://ann:s%40fe@127.0.0.1:{told.port}"
    with db.session() as session:
        return connectors.add(session, name, address)


@pytest.fixture
def elsewhere(mail: Obeying) -> str:
    """Name a host that only the proxy reaches."""
    return "mail.contoso.example"


def test_mail_leaves_through_the_proxy(
    house: Config, mail: Obeying, elsewhere: str
) -> None:
    with proxy(house, mail.port, who="ann:s%40fe@") as told:
        message = send(mail.server(host=elsewhere))

    assert record(message).state == State.SENT
    assert told.heard.startswith(f"CONNECT {elsewhere}:{mail.port} HTTP/1.1".encode())
    assert b"Proxy-Authorization: Basic YW5uOnNAZmU=\r\n" in told.heard


def test_mail_leaves_through_the_connector_that_its_account_names(
    house: Config, mail: Obeying, elsewhere: str
) -> None:
    with proxy(house, mail.port) as usual, leading(mail.port) as told:
        connect("usual", usual)
        named = connect("named", told).id
        way = {"use_connector": True, "connector_id": named}
        message = send(mail.server(host=elsewhere, **way))

    assert record(message).state == State.SENT
    assert told.heard.startswith(f"CONNECT {elsewhere}:{mail.port} HTTP/1.1".encode())
    assert b"Proxy-Authorization: Basic YW5uOnNAZmU=\r\n" in told.heard
    assert usual.heard == b""


def test_or_through_the_default_one(
    house: Config, mail: Obeying, elsewhere: str
) -> None:
    with proxy(house, mail.port) as usual, leading(mail.port) as told:
        connect("first", told)
        connect("second", usual)
        message = send(mail.server(host=elsewhere, use_connector=True))

    assert record(message).state == State.SENT
    assert told.heard.startswith(b"CONNECT ")
    assert usual.heard == b""


def test_a_connector_that_no_account_uses_leads_nothing(
    house: Config, mail: Obeying, elsewhere: str
) -> None:
    with proxy(house, mail.port) as usual, leading(mail.port) as told:
        connect("first", told)
        message = send(mail.server(host=elsewhere))

    assert record(message).state == State.SENT
    assert usual.heard.startswith(b"CONNECT ")
    assert told.heard == b""


def test_this_machine_is_reached_without_it(house: Config, mail: Obeying) -> None:
    with proxy(house, mail.port) as told:
        assert record(send(mail.server())).state == State.SENT

    assert told.heard == b""


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (b"HTTP/1.1 407 Who are you\r\n\r\n", State.HELD),
        (b"HTTP/1.1 403 No\r\n\r\n", State.QUEUED),
        (b"HTTP/1.1 502 Bad gateway\r\n\r\n", State.QUEUED),
        (b"HTTP/1.1 200 OK\r\nContent-", State.QUEUED),
        (b"220 mail.example ESMTP\r\n", State.QUEUED),
        (b"", State.QUEUED),
        (b"HTTP/1.1 200 " + b"x" * 9000, State.QUEUED),
        (b"HTTP/1.1 200 OK\r\n\r\n<html>Please sign in</html>\r\n", State.QUEUED),
    ],
    ids=["407", "403", "502", "half", "smtp", "nothing", "endless", "page"],
)
def test_a_proxy_that_does_not_lead_there_took_nothing(
    house: Config, mail: Obeying, elsewhere: str, answer: bytes, state: State
) -> None:
    with proxy(house, 1, answer):
        message = send(mail.server(host=elsewhere))

    assert record(message).state == state
    assert mail.mails == []
