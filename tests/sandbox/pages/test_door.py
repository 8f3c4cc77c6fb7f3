"""The sandbox's own addresses: health, mails, faults, and what a restart keeps."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import requests
from urllib3.util import Retry

from tests.sandbox.graph import test_wire
from tests.sandbox.serving import CALLBACK, Sandbox, serve
from tests.sandbox.walking import renew, send, tokens

PROGRAM = """
import sys
from pathlib import Path
from portal.sandbox import create_app
app = create_app(
    state=Path({state!r}), redirect_uris=[{callback!r}], base_url="http://{bind}"
)
"""
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


@contextmanager
def process(folder: Path, port: int) -> Iterator[tuple[Sandbox, int]]:
    """Serve a sandbox as the roof does, with gunicorn; yield it and its master."""
    bind = f"127.0.0.1:{port}"
    state = str(folder / "sandbox.db")
    text = PROGRAM.format(state=state, callback=CALLBACK, bind=bind)
    (folder / "served.py").write_text(text)
    command = [sys.executable, "-m", "gunicorn", "served:app", "--bind", bind]
    command += ["--worker-class", "gthread", "--threads", "8", "--chdir", str(folder)]
    with (
        subprocess.Popen(command, stderr=subprocess.DEVNULL) as running,
        requests.Session() as session,
    ):
        session.trust_env = False
        retries = Retry(total=12, backoff_factor=0.05, allowed_methods=None)
        session.mount("http://", requests.adapters.HTTPAdapter(max_retries=retries))
        session.get(f"http://{bind}/healthz", timeout=9)
        session.mount("http://", requests.adapters.HTTPAdapter())
        try:
            yield Sandbox(url=f"http://{bind}", session=session), running.pid
        finally:
            kill(running.pid)


def kill(master: int) -> None:
    """Kill a gunicorn and its workers, as hard as there is."""
    if psutil.pid_exists(master):
        family = psutil.Process(master)
        # The master first: it would put another worker in the place of a dead one.
        for each in [family, *family.children(recursive=True)]:
            os.kill(each.pid, signal.SIGKILL)


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
        with test_wire.asked(sandbox, token, 1000) as connection:
            connection.sendall(test_wire.MAIL)
            connection.shutdown(socket.SHUT_WR)
            test_wire.heard(connection)

        assert sandbox.mails() == []


def test_gunicorn_lets_a_large_mail_hear_its_refusal(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    with process(tmp_path, unused_tcp_port) as (sandbox, _):
        answers = [send(sandbox, "wrong", data=b"A" * 3_000_000) for _ in range(9)]

        assert [each.status_code for each in answers] == [401] * 9
