"""The web server: real sockets, real bodies, and a request that outlives its server."""

import json
import signal
import socket
import struct
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest
from flask import Flask
from gunicorn.config import Config as Settings  # type: ignore[import-untyped]

from portal import net
from portal.config import Bind
from portal.errors import ConfigError
from portal.intake.http.bodies import JSON_LIMIT, TooMuchJson
from portal.serve import Log, Server, check_free
from tests.journeys.running import eventually
from tests.processes import Started, environ, free_port, left, started

MESSAGES = "/api/v1/messages"
BALANCER_SECONDS = 60  # that common ones let a connection rest
MAIL = json.dumps({"to": "jane@example.com", "text": "It works."}).encode()


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """Serve pages and API in processes of their own."""
    instance = tmp_path_factory.mktemp("web") / "instance"
    with started(environ(instance), "web") as running:
        eventually(lambda: answers(running))
        yield running


@pytest.fixture(scope="module")
def headers(web: Started) -> dict[str, str]:
    """Make a key, and say what a program says that has it."""
    secret = web.command("keys", "create", "a test")
    return {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}


def answers(running: Started) -> bool:
    try:
        return ask(running, "GET", "/healthz").status == 200
    except OSError:
        return False


def ask(
    running: Started,
    method: str,
    path: str,
    body: bytes | Iterator[bytes] | None = None,
    headers: dict[str, str] | None = None,
) -> HTTPResponse:
    """Ask, and read the answer to its end; an iterator is sent in chunks."""
    headers = {"Host": f"localhost:{running.port}", **(headers or {})}
    with closing(HTTPConnection("127.0.0.1", running.port, timeout=20)) as connection:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        answer.msg["X-Body"] = answer.read().decode()
    return answer


def told(answer: HTTPResponse) -> dict[str, object]:
    read: dict[str, object] = json.loads(answer.msg["X-Body"])
    return read


def pieces(body: bytes) -> Iterator[bytes]:
    """Cut a body, so that it is sent in chunks and without its length."""
    for start in range(0, len(body), 100_000):
        yield body[start : start + 100_000]


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(
    ("size", "status"),
    [(len(MAIL), 202), (JSON_LIMIT, 202), (JSON_LIMIT + 1, 413), (12_000_000, 413)],
)
def test_a_body_is_taken_up_to_five_megabytes(
    web: Started, headers: dict[str, str], size: int, status: int, chunked: bool
) -> None:
    body = MAIL.ljust(size)

    sent = pieces(body) if chunked else body
    answer = ask(web, "POST", MESSAGES, sent, headers)

    assert answer.status == status
    assert told(answer).get("detail") in (None, str(TooMuchJson()))


@pytest.mark.parametrize(
    "garbled",
    [
        b"s3cret-text\r\n{}\r\n0\r\n\r\n",  # no length
        b"2\r\n{}s3cret-text\r\n0\r\n\r\n",  # no end where its length says
        b"2;" + b"s3cret-text" * 9000 + b"\r\n{}\r\n0\r\n\r\n",
        b"2\r\n{}\r\n0\r\ns3cret-text: s\r\ns3cret-text\r\n\r\n",
    ],
)
def test_a_garbled_body_is_refused_and_not_quoted(
    web: Started, headers: dict[str, str], garbled: bytes
) -> None:
    lines = [f"POST {MESSAGES} HTTP/1.1", f"Host: localhost:{web.port}"]
    lines += ["Transfer-Encoding: chunked"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    head = "\r\n".join([*lines, "", ""]).encode()
    with socket.create_connection(("127.0.0.1", web.port), timeout=20) as odd:
        odd.sendall(head + garbled)
        assert odd.recv(100).startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 422 "))

    assert "s3cret-text" not in web.said()
    assert "Traceback" not in web.said()


def test_a_code_of_thousands_of_characters_comes_through(web: Started) -> None:
    answer = ask(web, "GET", f"/callback?state=s&code={'c' * 7000}")

    assert answer.status == 303
    assert answer.msg["Location"] == "/trips/over"


def test_no_code_stands_in_the_log(web: Started) -> None:
    for query in ("state=s3cret&code=s3cret", "error=s3cret", "state=%00s3cret"):
        ask(web, "GET", f"/callback?{query}")
    with socket.create_connection(("127.0.0.1", web.port), timeout=20) as odd:
        odd.sendall(b"GET /callback?code=s3cret\xff HTTP/1.1\r\n\r\n")
        assert odd.recv(100).startswith(b"HTTP/1.1 400 ")

    assert "s3cret" not in web.said()


@pytest.mark.parametrize("path", ["/a%0d%0aX-Evil:%20s", "//evil.example/", "/%00"])
def test_another_name_leads_home_whatever_the_path(web: Started, path: str) -> None:
    answer = ask(web, "GET", path, headers={"Host": "evil.example"})

    assert answer.status == 308
    assert answer.headers["Location"].startswith(f"http://localhost:{web.port}/")
    assert "X-Evil" not in answer.headers
    assert "Traceback" not in web.said()


def test_a_request_in_flight_is_answered_before_the_end(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    instance = tmp_path_factory.mktemp("ending") / "instance"
    with started(environ(instance), "web") as running:
        eventually(lambda: answers(running))
        secret = running.command("keys", "create", "a test")
        family = running.family()
        with closing(half_asked(running, secret)) as connection:
            answers(running)  # by now the first request is being read

            running.process.send_signal(signal.SIGTERM)
            eventually(lambda: len(running.family()) < len(family))
            connection.send(MAIL[10:])

            assert connection.getresponse().status == 202
        assert running.process.wait(30) == 0
        assert left(family) == []


def half_asked(running: Started, secret: str) -> HTTPConnection:
    """Begin to send a message."""
    connection = HTTPConnection("127.0.0.1", running.port, timeout=20)
    connection.putrequest("POST", MESSAGES)
    connection.putheader("Authorization", f"Bearer {secret}")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(len(MAIL)))
    connection.endheaders(MAIL[:10])
    return connection


def test_a_connection_is_left_by_the_client_first() -> None:
    server = Server(lambda: Flask("app"), Bind("127.0.0.1", 0), 1)

    assert server.cfg.keepalive > max(net.IDLE_SECONDS, BALANCER_SECONDS)


def test_a_client_that_reads_no_answer_is_no_trouble(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log, (near, far) = Log(Settings()), socket.socketpair()
    with near, far:
        near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 0, 1))
        for answer in (b"x" * 10_000_000, "no bytes"):
            try:
                near.sendall(answer)  # type: ignore[arg-type]  # the second is a bug
            except (OSError, TypeError):
                log.exception("Socket error processing request.")

    assert [bool(each.exc_info) for each in caplog.records] == [True]
    assert "TypeError" in caplog.text


def test_what_the_server_says_is_one_json_object_a_line(tmp_path: Path) -> None:
    settings = environ(tmp_path / "instance") | {"PORTAL_LOG_FORMAT": "json"}
    with started(settings, "web") as running:
        eventually(lambda: answers(running))
        worker = running.family()[-1]
        worker.kill()
        eventually(lambda: running.said())

    said = [json.loads(line) for line in running.said().splitlines()]
    assert {(line["part"], line["logger"]) for line in said} == {
        ("web", "gunicorn.error")
    }


def test_a_free_address_is_free_and_a_taken_one_is_named() -> None:
    check_free(Bind("127.0.0.1", free_port()))

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"127.0.0.1:{port}: Address already"):
            check_free(Bind("127.0.0.1", port))


def test_an_address_that_is_not_ours_is_named() -> None:
    with pytest.raises(ConfigError, match=r"Cannot listen at 192\.0\.2\.1:5000: "):
        check_free(Bind("192.0.2.1", 5000))
