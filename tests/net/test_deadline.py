"""A request is over at its deadline, wherever it is held up."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from requests import Session

from portal import config, net
from portal.delivery import parcels
from portal.mail.outbox import claims
from portal.workspace import tokens
from tests.microsoft.scripted import Server, Step

PATIENT = (30, 30)  # seconds to connect and to wait
SOON = 0.3  # seconds, for a request in all
LATE = 10  # seconds; nothing that ends soon takes so long
FAR_TOO_MUCH = bytes(64 * 1024 * 1024)  # more than any socket buffers


def hasty(longest: float = SOON, longest_upload: float = SOON) -> Session:
    """Return a session whose requests are over soon, however patient each wait is."""
    session = Session()
    net.furnish(session)
    adapter = net.Adapter(longest=longest, longest_upload=longest_upload)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
    ],
)
def test_an_answer_that_drips_ends_at_the_deadline(server: Server, head: bytes) -> None:
    server.will(server.drip(head, b"1" * 1000, every=0.05))
    started = time.monotonic()

    with pytest.raises(net.Lost, match="did not answer in time") as lost:
        hasty().post(server.url, data=net.Body(b"x"), timeout=PATIENT)

    assert lost.value.sent is True
    assert time.monotonic() - started < LATE


def test_a_request_without_a_body_has_a_deadline_of_its_own(server: Server) -> None:
    server.will(server.drip(b"", b"1" * 1000, every=0.05))
    started = time.monotonic()

    with pytest.raises(net.Lost):
        hasty(longest=SOON, longest_upload=1000).get(server.url, timeout=PATIENT)

    assert time.monotonic() - started < LATE


def test_an_upload_block_by_block_ends_at_the_deadline(server: Server) -> None:
    body = net.Body(slowly(server), 1000)

    with pytest.raises(net.Lost, match="did not take the request in time") as lost:
        hasty().post(server.url, data=body, timeout=PATIENT)

    assert lost.value.sent is False


def slowly(server: Server) -> Iterator[bytes]:
    for _ in range(1000):
        server.over.wait(0.05)
        yield b"x"


def test_a_server_that_reads_slowly_has_not_got_it_at_the_deadline(
    server: Server,
) -> None:
    server.will(replace(server.silence(), takes=1000))
    started = time.monotonic()

    with pytest.raises(net.Lost) as lost:
        hasty().post(server.url, data=net.Body(FAR_TOO_MUCH), timeout=PATIENT)

    assert lost.value.sent is False
    assert time.monotonic() - started < LATE


def test_a_host_that_lets_nobody_in_is_given_up_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        # One more than fits into the backlog, so that further ones hang.
        waiting = [socket.socket() for _ in range(2)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(address)
        started = time.monotonic()

        with pytest.raises(net.Lost, match=r"The connection to .* timed out") as lost:
            hasty().get(f"http://127.0.0.1:{address[1]}", timeout=PATIENT)

        for each in waiting:
            each.close()
    assert lost.value.sent is False
    assert time.monotonic() - started < LATE


def test_a_proxy_that_drips_ends_at_the_deadline(
    server: Server, settings: config.Config
) -> None:
    config.use(replace(settings, proxy=server.url))
    server.will(server.drip(b"HTTP/1.1 200 OK\r\n", b"1" * 1000, every=0.05))
    started = time.monotonic()

    with pytest.raises(net.Lost) as lost:
        hasty().post("https://graph.example/x", data=net.Body(b"x"), timeout=PATIENT)

    assert lost.value.sent is False
    assert time.monotonic() - started < LATE


def test_nobody_waits_beyond_the_deadline_for_a_free_connection(
    server: Server,
) -> None:
    arrived = threading.Barrier(net.POOL_SIZE + 1)

    def act(peer: socket.socket) -> None:
        arrived.wait()
        server.over.wait()

    def run() -> None:
        with suppress(net.Lost):
            crowd.get(server.url, timeout=PATIENT)

    server.will(*[Step(act) for _ in range(net.POOL_SIZE)])
    crowd = hasty(longest=LATE, longest_upload=SOON)
    threads = [threading.Thread(target=run) for _ in range(net.POOL_SIZE)]
    for each in threads:
        each.start()
    arrived.wait()

    with pytest.raises(net.Lost) as lost:
        crowd.post(server.url, data=net.Body(b"x"), timeout=PATIENT)

    server.over.set()
    for each in threads:
        each.join()
    assert lost.value.sent is False


def test_a_lease_outlives_the_requests_made_under_it() -> None:
    request = timedelta(seconds=net.LONGEST_SECONDS)
    upload = timedelta(seconds=net.LONGEST_UPLOAD_SECONDS)

    assert request < tokens.RENEWAL_LEASE
    assert upload < parcels.NEEDED
    assert parcels.NEEDED < claims.LEASE
