"""The sandbox's own addresses: health, mails, faults, and what a restart keeps."""

import socket
from pathlib import Path

import pytest
import requests

from tests.sandbox.apart import kill, process
from tests.sandbox.graph import wire
from tests.sandbox.serving import Sandbox, serve
from tests.sandbox.walking import renew, send, tokens

BROKEN = (
    *("reset-early", "reset-body", "dropped", "dropped-accepted"),
    *("truncated", "truncated-accepted"),
)


def test_it_says_that_it_listens(sandbox: Sandbox) -> None:
    answer = sandbox.session.get(f"{sandbox.url}/healthz", timeout=9)

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_mails_can_be_filtered_and_forgotten(sandbox: Sandbox) -> None:
    token = tokens(sandbox)["access_token"]
    for subject in ("one", "two", "one"):
        send(sandbox, token, letter={"subject": subject})

    assert len(sandbox.mails("one")) == 2
    assert len(sandbox.mails()) == 3
    sandbox.clear()
    assert sandbox.mails() == []


def test_latency_is_waited_for(sandbox: Sandbox) -> None:
    token = tokens(sandbox)["access_token"]
    sandbox.latency(0.2)

    assert send(sandbox, token).elapsed.total_seconds() >= 0.2


def test_two_sandboxes_know_nothing_of_each_other(sandbox: Sandbox) -> None:
    send(sandbox, tokens(sandbox)["access_token"])

    with serve() as other:
        assert other.mails() == []


def test_a_killed_sandbox_comes_back_with_everything(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    with process(tmp_path, unused_tcp_port) as (sandbox, master):
        given = tokens(sandbox)
        send(sandbox, given["access_token"])
        sandbox.fault("504")
        kill(master)

    with process(tmp_path, unused_tcp_port) as (sandbox, _):
        assert [mail["subject"] for mail in sandbox.mails()] == ["hello"]
        assert send(sandbox, given["access_token"]).status_code == 504
        assert send(sandbox, given["access_token"]).status_code == 202
        assert renew(sandbox, given["refresh_token"]).ok


def test_gunicorn_loses_connections_as_told(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    with process(tmp_path, unused_tcp_port) as (sandbox, _):
        token = tokens(sandbox)["access_token"]
        for kind in BROKEN:
            sandbox.fault(kind)
            with pytest.raises(requests.RequestException):
                send(sandbox, token, letter={"subject": kind})
        sandbox.fault("keepalive-closed")
        send(sandbox, token, letter={"subject": "kept"})
        with pytest.raises(requests.ConnectionError):
            send(sandbox, token)

        subjects = [mail["subject"] for mail in sandbox.mails()]
        assert subjects == ["kept", "truncated-accepted", "dropped-accepted"]


def test_gunicorn_takes_no_half_of_a_mail(tmp_path: Path, unused_tcp_port: int) -> None:
    with process(tmp_path, unused_tcp_port) as (sandbox, _):
        token = tokens(sandbox)["access_token"]
        with wire.asked(sandbox, token, 1000) as connection:
            connection.sendall(wire.MAIL)
            connection.shutdown(socket.SHUT_WR)
            wire.heard(connection)

        assert sandbox.mails() == []


def test_gunicorn_lets_a_large_mail_hear_its_refusal(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    with process(tmp_path, unused_tcp_port) as (sandbox, _):
        answers = [send(sandbox, "wrong", data=b"A" * 3_000_000) for _ in range(9)]

        assert [each.status_code for each in answers] == [401] * 9
