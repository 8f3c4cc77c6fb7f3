"""Slow clients, hundreds of them over real sockets, and who is quick beside them."""

import json
import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from http.client import HTTPConnection
from itertools import count

import pytest

from portal import clock
from portal.serve import patience
from portal.serve.patience import Paced, Wait
from tests.journeys.running import eventually
from tests.processes import Started, environ, started

CROWD = 500
PATIENCE_SECONDS = 5  # of whoever is quick
MESSAGES = "/api/v1/messages"
STYLE = "/static/vendor/pico-2.1.1/pico.min.css"  # the longest of our answers
MAIL = json.dumps({"to": "jane@example.com", "text": "It works."}).encode()
HEAD = "POST {path} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n"
UPLOAD = "Content-Type: message/rfc822\r\nContent-Length: 100000000\r\n"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """Serve pages and API in processes of their own."""
    instance = tmp_path_factory.mktemp("web") / "instance"
    with started(environ(instance), "web") as running:
        eventually(lambda: asked(running, "/healthz") == 200)
        yield running


@pytest.fixture(scope="module")
def key(web: Started) -> str:
    return f"Bearer {web.command('keys', 'create', 'a test')}"


@pytest.fixture
def files() -> Iterator[None]:
    """Let this process open as many files as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def asked(running: Started, path: str, body: bytes = b"", key: str = "") -> int:
    """Ask as somebody quick, who loses patience; return the status, 0 without one."""
    headers = {"Host": f"localhost:{running.port}", "Authorization": key}
    if body:
        headers["Content-Type"] = "application/json"
    address = "127.0.0.1", running.port
    one = HTTPConnection(*address, timeout=PATIENCE_SECONDS)
    with closing(one), suppress(OSError):
        one.request("POST" if body else "GET", path, body or None, headers)
        return one.getresponse().status
    return 0


def begun(key: str) -> dict[str, str]:
    """Return what a slow client may have said so far."""
    upload = f"{UPLOAD}Authorization: {key}\r\n"
    return {
        "nothing": "",
        "half a line": "GET /hea",
        "half a head": "GET /healthz HTTP/1.1\r\nHost: localhost\r\n",
        "a head without its form": HEAD.format(
            path="/sign-in", more="Content-Length: 10\r\n"
        ),
        "a head without its mail": HEAD.format(path=MESSAGES, more=upload),
        "a stranger's upload": HEAD.format(path=MESSAGES, more=UPLOAD),
        "nonsense, and no goodbye": "nonsense\r\n\r\n",
        "a question, and no goodbye": "GET /healthz HTTP/1.0\r\n\r\n",
        "a question, and no ear": f"GET {STYLE} HTTP/1.1\r\nHost: localhost\r\n\r\n",
    }


def slow(running: Started) -> socket.socket:
    """Return a connection that takes in little before it is read."""
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    one.settimeout(20)
    one.connect(("127.0.0.1", running.port))
    return one


@pytest.mark.parametrize("said", begun(""))
def test_who_is_quick_is_served_beside_a_crowd_of_slow_clients(
    web: Started, key: str, said: str
) -> None:
    first = begun(key)[said].encode()
    with ExitStack() as crowd:
        for _ in range(CROWD):
            crowd.enter_context(slow(web)).sendall(first)

        found = [asked(web, path) for path in ("/healthz", "/sign-in")]
        found.append(asked(web, MESSAGES, MAIL, key))

    assert found == [200, 200, 202]


def test_half_a_request_is_not_waited_for_long(web: Started) -> None:
    halves = ("half a line", "half a head", "a head without its form")
    with ExitStack() as crowd:
        waiting = [crowd.enter_context(slow(web)) for _ in halves]
        for one, said in zip(waiting, halves, strict=True):
            one.sendall(begun("")[said].encode())

        assert [one.recv(1) for one in waiting] == [b""] * 3


def test_a_request_may_come_in_pieces(web: Started, key: str) -> None:
    lines = f"Authorization: {key}\r\nContent-Type: application/json\r\n"
    head = HEAD.format(path=MESSAGES, more=f"{lines}Content-Length: {len(MAIL)}\r\n")
    with slow(web) as one:
        for each in head.encode() + MAIL:
            one.sendall(bytes([each]))

        assert one.recv(100).startswith(b"HTTP/1.1 202 ")


def test_requests_may_come_before_their_answers(web: Started) -> None:
    one_of_them = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with slow(web) as one:
        one.sendall(one_of_them * 3 + one_of_them[:-2])
        one.sendall(b"\r\n")

        heard = b""
        while heard.count(b"HTTP/1.1 200 ") < 4:
            heard += (piece := one.recv(4096))
            assert piece


@pytest.mark.parametrize("length", ["100000000", "9999999999", "0000000010"])
def test_what_strangers_owe_us_holds_up_no_mail(
    web: Started, key: str, length: str
) -> None:
    more = f"Content-Type: message/rfc822\r\nContent-Length: {length}\r\n"
    begun = HEAD.format(path=MESSAGES, more=more).encode()
    long = json.dumps({"to": "jane@example.com", "text": "x" * 100_000}).encode()
    with ExitStack() as crowd:
        strangers = [crowd.enter_context(slow(web)) for _ in range(CROWD)]
        for one in strangers:
            one.sendall(begun)
        for one in strangers:
            with suppress(OSError):
                one.sendall(b"x")

        found = [asked(web, MESSAGES, mail, key) for mail in (MAIL, long)]

    assert found == [202, 202]


def test_room_is_made_by_who_says_nothing(web: Started, key: str, files: None) -> None:
    lines = f"Authorization: {key}\r\nContent-Type: application/json\r\n"
    head = HEAD.format(path=MESSAGES, more=f"{lines}Content-Length: {len(MAIL)}\r\n")
    with slow(web) as one, ExitStack() as crowd:
        one.sendall(head.encode())
        for _ in range(3 * patience.CONNECTIONS):
            crowd.enter_context(slow(web))
        assert asked(web, "/healthz") == 200
        one.sendall(MAIL)

        assert one.recv(100).startswith(b"HTTP/1.1 202 ")


@pytest.mark.parametrize(
    ("came", "there"),
    [
        (b"", None),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", None),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "short"),
        (b"POST / HTTP/1.1\r\ncontent-LENGTH:\t3 \r\n\r\nab", None),
        (b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "short"),
        (b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET", "short"),
        (b"POST / HTTP/1.1\r\nContent-Length: 0000000003\r\n\r\nab", None),
        (b"POST / HTTP/1.1\r\nContent-Length: 0000000003\r\n\r\nabc", "short"),
        (b"POST / HTTP/1.1\r\nContent-Length: 70000\r\n\r\nab", "long"),
        (b"POST / HTTP/1.1\r\nContent-Length: 9999999999\r\n\r\n", "long"),
        (b"POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n", "long"),
        (b"POST / HTTP/1.1\r\nContent-Length : 1\r\n\r\n", "long"),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "long"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "long"),
        (b"POST / HTTP/1.1\r\nExpect: 100-continue\r\n\r\n", "long"),
    ],
)
def test_it_is_known_when_a_request_is_there(came: bytes, there: str | None) -> None:
    at_once, by_bytes = Wait(until=0.0), Wait(until=0.0)

    at_once.hear(came)
    for each in came:
        by_bytes.hear(bytes([each]))

    assert at_once == by_bytes
    assert at_once.there == (there is not None)
    assert at_once.long == (there == "long")


def test_a_longer_body_has_to_come_at_some_pace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    near, far = socket.socketpair()
    moments = count(step=patience.SILENCE_SECONDS + 1)
    monkeypatch.setattr(clock, "seconds", lambda: next(moments))
    with near, far:
        far.sendall(b"x" * 10)

        with pytest.raises(ConnectionResetError, match="too slow"):
            Paced(near).recv(10)
