"""Connections are lost before, amid and after a request, and amid an answer."""

import socket
from contextlib import suppress

import pytest
import requests

from portal.sandbox.graph import limits
from tests.sandbox.graph.wire import MAIL, asked, heard
from tests.sandbox.serving import Sandbox
from tests.sandbox.walking import EVERYTHING, graph, letter, problem, send, tokens

MANY_BYTES = 32 * 1024 * 1024  # twice what the sockets of a machine hold, and more
LOST = ["reset-early", "reset-body", "dropped", "truncated"]
ACCEPTED = ["504-accepted", "dropped-accepted", "truncated-accepted"]
KINDS = [*LOST, *ACCEPTED, "keepalive-closed", "401"]


@pytest.fixture
def token(sandbox: Sandbox) -> str:
    """Return what admin@ sends with, and reads mail."""
    return str(tokens(sandbox, scope=EVERYTHING)["access_token"])


def written(connection: socket.socket, size: int) -> int:
    """Write so much, or until the connection breaks; return how much went out."""
    sent = 0
    with suppress(ConnectionError):
        while sent < size:
            sent += connection.send(b"A" * min(limits.CHUNK, size - sent))
    return sent


def test_an_early_reset_waits_for_nothing(sandbox: Sandbox, token: str) -> None:
    sandbox.fault("reset-early")

    with asked(sandbox, token, 1000) as connection, pytest.raises(ConnectionResetError):
        connection.recv(1)


def test_a_reset_midway_waits_for_half_of_the_mail(
    sandbox: Sandbox, token: str
) -> None:
    sandbox.fault("reset-body")

    with asked(sandbox, token, 1000) as connection:
        connection.sendall(b"A" * 500)
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


@pytest.mark.parametrize(
    ("kind", "read"), [("reset-early", 0), ("reset-body", MANY_BYTES // 2)]
)
def test_a_large_mail_does_not_get_out_before_a_reset(
    sandbox: Sandbox, token: str, kind: str, read: int
) -> None:
    sandbox.fault(kind)

    with asked(sandbox, token, MANY_BYTES) as connection:
        sent = written(connection, MANY_BYTES)

    assert read <= sent < MANY_BYTES
    assert sandbox.mails() == []


def test_a_mail_without_a_length_is_lost_midway_too(
    sandbox: Sandbox, token: str
) -> None:
    sandbox.fault("reset-body")

    with pytest.raises(requests.ConnectionError):
        send(sandbox, token, data=iter([b"A"]))


def test_a_connection_is_dropped_after_the_whole_mail(
    sandbox: Sandbox, token: str
) -> None:
    sandbox.fault("dropped")

    with asked(sandbox, token, MANY_BYTES) as connection:
        sent = written(connection, MANY_BYTES)

        assert (sent, heard(connection)) == (MANY_BYTES, b"")


def test_half_a_mail_is_none(sandbox: Sandbox, token: str) -> None:
    with asked(sandbox, token, 1000) as connection:
        connection.sendall(MAIL)
        connection.shutdown(socket.SHUT_WR)
        heard(connection)

    assert sandbox.mails() == []


@pytest.mark.parametrize(
    ("kind", "sent"), [("truncated", 0), ("truncated-accepted", 1)]
)
def test_an_answer_breaks_off(
    sandbox: Sandbox, token: str, kind: str, sent: int
) -> None:
    sandbox.fault(kind)

    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="more expected"):
        send(sandbox, token)

    assert len(sandbox.mails()) == sent


def test_an_answer_breaks_off_amid_its_json(sandbox: Sandbox, token: str) -> None:
    sandbox.fault("truncated-accepted", only="POST /v1.0/me/messages")
    draft = letter(internetMessageId="<d@x>")

    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="more expected"):
        graph(sandbox, token, "POST", "/me/messages", json=draft)

    query = {"$filter": "internetMessageId eq '<d@x>'"}
    found = graph(sandbox, token, "GET", "/me/messages", params=query)
    assert len(found.json()["value"]) == 1


def test_an_answer_breaks_off_where_it_is_told_to(sandbox: Sandbox, token: str) -> None:
    sandbox.fault("truncated", after_bytes=10, status=201)

    with asked(sandbox, token, len(MAIL)) as connection:
        connection.sendall(MAIL)

        assert heard(connection) == b"HTTP/1.1 2"


def test_a_kept_connection_is_closed_as_the_next_call_comes(
    sandbox: Sandbox, token: str
) -> None:
    sandbox.fault("keepalive-closed")

    first = send(sandbox, token)
    with pytest.raises(requests.ConnectionError):
        send(sandbox, token)

    assert first.status_code == 202
    assert "Connection" not in first.headers
    assert len(sandbox.mails()) == 1
    assert send(sandbox, token).status_code == 202


def test_a_kept_connection_is_closed_after_its_time(
    sandbox: Sandbox, token: str
) -> None:
    sandbox.fault("keepalive-closed", after_seconds=0)

    with asked(sandbox, token, len(MAIL)) as connection:
        connection.sendall(MAIL)
        answer = heard(connection)

    assert answer.startswith(b"HTTP/1.1 202 ")
    assert b"\r\nConnection:" not in answer


def lose(sandbox: Sandbox, token: str, kind: str) -> None:
    """Let one call go wrong, over a connection of its own."""
    sandbox.fault(kind)
    with requests.Session() as session, suppress(requests.RequestException):
        session.trust_env = False
        send(Sandbox(url=sandbox.url, session=session), token)


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_that_went_wrong_frees_its_slot(
    sandbox: Sandbox, token: str, kind: str
) -> None:
    for _ in range(limits.IN_FLIGHT + 1):
        lose(sandbox, token, kind)

    assert send(sandbox, token).status_code == 202


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_that_went_wrong_counts(
    sandbox: Sandbox, token: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CALLS", 1)

    lose(sandbox, token, kind)

    assert problem(send(sandbox, token)) == (429, "ApplicationThrottled")
