"""What is long comes in over a real connection: in little memory, and whole."""

import http.client
import json
import socket
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from time import monotonic, sleep
from urllib.parse import urlsplit

import pytest

from portal import config
from portal.app import create_app
from portal.config import Config
from tests import stored
from tests.intake.conftest import bearer
from tests.intake.forms import FORM, long_form
from tests.intake.weighed import in_little_memory
from tests.intake.written import HEAD
from tests.serving import served

PATH = "/api/v1/messages"
PIECE = b"QUJD" * 16_000
PIECES = 480  # of 64 kB: 30 MB
MAIL = HEAD + b"Content-Type: x/y\r\nContent-Transfer-Encoding: base64\r\n\r\n"


@pytest.fixture
def door(house: Config) -> Iterator[str]:
    with served(create_app(house)) as url:
        yield url


def mail(pieces: int = PIECES) -> Iterator[bytes]:
    yield MAIL
    for _ in range(pieces):
        yield PIECE


def form(pieces: int = PIECES) -> Iterable[bytes]:
    return long_form(PIECE for _ in range(pieces))


def post(
    url: str, body: Iterable[bytes], kind: str, length: int | None = None
) -> tuple[int, dict[str, object]]:
    """Post a body as it is written, in chunks if nobody says how long it is."""
    said = {} if length is None else {"Content-Length": str(length)}
    headers = {"Authorization": bearer("Ben"), "Content-Type": kind, **said}
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        connection.request("POST", PATH, body, headers, encode_chunked=length is None)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def size(body: Iterable[bytes]) -> int:
    return sum(map(len, body))


@pytest.mark.parametrize(("body", "kind"), [(mail, "message/rfc822"), (form, FORM)])
@pytest.mark.parametrize("chunked", [False, True])
def test_thirty_megabytes_need_little_memory(
    door: str, body: Callable[[], Iterable[bytes]], kind: str, chunked: bool
) -> None:
    length = None if chunked else size(body())

    with in_little_memory():
        status, _told = post(door, body(), kind, length)

    assert status == 202
    assert stored.rows("message", "content") == 2
    assert stored.rows("chunk") > 100


@pytest.mark.parametrize(("body", "kind"), [(mail, "message/rfc822"), (form, FORM)])
def test_a_client_that_vanishes_leaves_nothing(
    door: str, body: Callable[[], Iterable[bytes]], kind: str
) -> None:
    address = urlsplit(door)
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: {kind}\r\n"
        f"Authorization: {bearer('Ben')}\r\nContent-Length: {size(body())}\r\n\r\n"
    )
    with socket.create_connection((address.hostname or "", address.port or 0)) as line:
        line.sendall(head.encode())
        for piece in list(body())[: PIECES // 2]:
            line.sendall(piece)
        until(lambda: stored.rows("chunk") > 0)

    until(lambda: stored.rows() == 0)


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    end = monotonic() + seconds
    while not true():
        assert monotonic() < end
        sleep(0.02)


@pytest.mark.parametrize(("body", "kind"), [(mail, "message/rfc822"), (form, FORM)])
@pytest.mark.parametrize("chunked", [False, True])
def test_what_is_too_large_is_refused_and_the_client_hears_it(
    house: Config,
    door: str,
    body: Callable[[], Iterable[bytes]],
    kind: str,
    chunked: bool,
) -> None:
    config.use(replace(house, max_message=3_000_000))
    length = None if chunked else size(body())

    status, told = post(door, body(), kind, length)

    assert (status, told["detail"]) == (413, "A message has at most 3,000,000 bytes.")
    assert stored.rows() == 0


@pytest.mark.parametrize(("body", "kind"), [(mail, "message/rfc822"), (form, FORM)])
def test_a_disk_that_becomes_full_leaves_nothing_half_stored(
    door: str, body: Callable[[], Iterable[bytes]], kind: str
) -> None:
    stored.fill(3_000)

    status, _told = post(door, body(), kind)

    assert status == 507
    assert stored.rows() == 0


def test_who_may_not_send_is_told_before_all_has_come(door: str) -> None:
    nobodys = MAIL.replace(b"To: ben@x.example\r\n", b"To: nobody\r\n")

    def endless() -> Iterator[bytes]:
        yield nobodys
        for _ in range(PIECES):
            yield PIECE

    status, told = post(door, endless(), "message/rfc822")

    assert status == 422
    assert "to[0]" in str(told["errors"])
