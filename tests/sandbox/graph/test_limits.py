"""How much Graph takes: bytes of a request, calls to a mailbox."""

import threading
from base64 import b64encode
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
import requests

from portal.sandbox.graph import limits
from portal.sandbox.graph.limits import Throttle
from portal.sandbox.graph.problems import Problem
from tests.sandbox.serving import Sandbox
from tests.sandbox.walking import ALEX, REPORTS, letter, problem, send, tokens

KEY = ("app", "mailbox")


@pytest.fixture
def token(sandbox: Sandbox) -> str:
    """Return what admin@ sends with."""
    return str(tokens(sandbox)["access_token"])


def padded(size: int) -> bytes:
    """Return a mail whose base64 is exactly so large."""
    head = b"To: jane@example.com\r\nSubject: large\r\n\r\n"
    return b64encode(head + b"x" * (size // 4 * 3 - len(head)))


def test_a_request_of_four_megabytes_is_taken(sandbox: Sandbox, token: str) -> None:
    body = padded(limits.REQUEST_BYTES)

    assert len(body) == limits.REQUEST_BYTES
    assert send(sandbox, token, data=body).status_code == 202


def test_a_larger_request_is_refused(sandbox: Sandbox, token: str) -> None:
    answer = send(sandbox, token, data=padded(limits.REQUEST_BYTES + 4))

    assert answer.status_code == 413
    assert sandbox.mails() == []


def test_chunks_are_counted_too(sandbox: Sandbox, token: str) -> None:
    chunk = b"A" * 65536

    within = send(sandbox, token, data=iter([padded(65536)]))
    beyond = send(sandbox, token, data=iter([chunk] * 100))

    assert (within.status_code, beyond.status_code) == (202, 413)


def together(sandbox: Sandbox, jobs: list[str]) -> list[requests.Response]:
    """Send with these tokens at the same moment."""
    start = threading.Barrier(len(jobs))

    def job(token: str) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            own = Sandbox(url=sandbox.url, session=session)
            start.wait()
            return send(own, token)

    with ThreadPoolExecutor(len(jobs)) as pool:
        futures: list[Future[requests.Response]] = [
            pool.submit(job, token) for token in jobs
        ]
        return [future.result() for future in futures]


def test_the_fifth_at_the_same_time_is_refused(sandbox: Sandbox, token: str) -> None:
    sandbox.latency(1)

    answers = together(sandbox, [token] * 5)

    refused = [each for each in answers if not each.ok]
    assert [problem(each) for each in refused] == [(429, "ApplicationThrottled")]
    assert float(refused[0].headers["Retry-After"]) > 0
    assert len(sandbox.mails()) == 4


def test_another_mailbox_has_slots_of_its_own(sandbox: Sandbox, token: str) -> None:
    others = [tokens(sandbox, who)["access_token"] for who in (REPORTS, ALEX)]
    sandbox.latency(1)

    answers = together(sandbox, [token] * 4 + others)

    assert all(each.status_code == 202 for each in answers)


def test_a_slot_is_free_again_after_the_answer(sandbox: Sandbox, token: str) -> None:
    answers = [send(sandbox, token) for _ in range(12)]

    assert all(each.status_code == 202 for each in answers)


def test_throttle_leaves_fewer_slots(sandbox: Sandbox, token: str) -> None:
    sandbox.fault("throttle", limit=1)
    sandbox.latency(1)

    answers = together(sandbox, [token] * 3)

    assert sorted(each.status_code for each in answers) == [202, 429, 429]


def call(throttle: Throttle, size: int = 0) -> None:
    """Make one call to a mailbox."""
    with throttle.slot(KEY, size=size, concurrent=4):
        pass


def test_ten_thousand_calls_are_the_end_for_a_while() -> None:
    throttle = Throttle()
    for _ in range(limits.CALLS):
        call(throttle)

    with pytest.raises(Problem) as caught:
        call(throttle)

    assert caught.value.code == "ApplicationThrottled"
    assert 0 < float(caught.value.headers["Retry-After"]) <= limits.CALLS_SECONDS


def test_one_hundred_and_fifty_megabytes_are_the_end_for_a_while() -> None:
    throttle = Throttle()
    call(throttle, limits.UPLOAD_BYTES)

    with pytest.raises(Problem) as caught:
        call(throttle, 1)

    assert 0 < float(caught.value.headers["Retry-After"]) <= limits.UPLOAD_SECONDS


def test_a_mailbox_sends_so_many_bytes_at_most(sandbox: Sandbox, token: str) -> None:
    sandbox.fault("large-messages", bytes=1000)

    answer = send(sandbox, token, json={"message": letter("x" * 1000)})

    assert problem(answer) == (400, "ErrorMessageSizeExceeded")
