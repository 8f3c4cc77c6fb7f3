"""What goes wrong on purpose happens as often as it was told, and as it was told."""

import pytest
import requests

from tests.sandbox.serving import Sandbox
from tests.sandbox.walking import problem, send, tokens

DATE = "Fri, 20 Nov 2026 17:00:00 GMT"


@pytest.fixture
def token(sandbox: Sandbox) -> str:
    """Return what admin@ sends with."""
    return str(tokens(sandbox)["access_token"])


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("429", (429, "TooManyRequests")),
        ("503", (503, "serviceNotAvailable")),
        ("504", (504, "UnknownError")),
        ("401", (401, "InvalidAuthenticationToken")),
        ("error", (507, "ErrorQuotaExceeded")),
    ],
)
def test_a_refusal_leaves_no_mail(
    sandbox: Sandbox, token: str, kind: str, expected: tuple[int, str]
) -> None:
    sandbox.fault(kind)

    assert problem(send(sandbox, token)) == expected
    assert sandbox.mails() == []
    assert send(sandbox, token).status_code == 202


@pytest.mark.parametrize("kind", ["429", "503"])
@pytest.mark.parametrize(
    ("seconds", "header"),
    [
        (2.128, "2.128"),
        (30, "30"),
        (None, None),
        ("Fri, 20 Nov 2026 17:00:00 GMT",) * 2,
    ],
)
def test_retry_after_is_what_the_fault_says(
    sandbox: Sandbox, token: str, kind: str, seconds: object, header: str | None
) -> None:
    sandbox.fault(kind, after_seconds=seconds)

    assert send(sandbox, token).headers.get("Retry-After") == header


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "ErrorInvalidRecipients"),
        (401, "InvalidAuthenticationToken"),
        (403, "ErrorMessageSubmissionBlocked"),
        (404, "MailboxNotEnabledForRESTAPI"),
        (408, "ErrorTimeoutExpired"),
        (500, "ErrorInternalServerError"),
        (502, ""),
    ],
)
def test_any_error_can_be_had(
    sandbox: Sandbox, token: str, status: int, code: str
) -> None:
    sandbox.fault("error", status=status, code=code)

    assert problem(send(sandbox, token)) == (status, code)


def test_a_refused_token_is_challenged(sandbox: Sandbox, token: str) -> None:
    sandbox.fault("401", times=2)

    answers = [send(sandbox, token) for _ in range(3)]

    assert [each.status_code for each in answers] == [401, 401, 202]
    assert answers[0].headers["WWW-Authenticate"].startswith("Bearer ")


def test_after_acceptance_the_mail_is_out(sandbox: Sandbox, token: str) -> None:
    sandbox.fault("504-accepted")

    assert problem(send(sandbox, token)) == (504, "UnknownError")
    assert len(sandbox.mails()) == 1


@pytest.mark.parametrize(
    ("kind", "sent"),
    [("reset-early", 0), ("reset-body", 0), ("dropped", 0), ("dropped-accepted", 1)],
)
def test_a_connection_ends_without_an_answer(
    sandbox: Sandbox, token: str, kind: str, sent: int
) -> None:
    sandbox.fault(kind)

    with pytest.raises(requests.ConnectionError):
        send(sandbox, token)

    assert len(sandbox.mails()) == sent


def test_a_gateway_answers_with_a_page(sandbox: Sandbox, token: str) -> None:
    sandbox.fault("gateway")

    answer = send(sandbox, token, unchecked=True)

    assert answer.status_code == 502
    assert answer.headers["Content-Type"].startswith("text/html")


def test_two_hundred_means_nothing_was_sent(sandbox: Sandbox, token: str) -> None:
    sandbox.fault("200")

    assert send(sandbox, token, unchecked=True).status_code == 200
    assert sandbox.mails() == []


def test_a_call_hangs_and_ends_without_an_answer(sandbox: Sandbox, token: str) -> None:
    sandbox.fault("hang", after_seconds=0.2)

    with pytest.raises(requests.ConnectionError):
        send(sandbox, token)

    assert sandbox.mails() == []


def test_a_fault_happens_as_often_as_told(sandbox: Sandbox, token: str) -> None:
    sandbox.fault("503", times=2)

    answers = [send(sandbox, token).status_code for _ in range(3)]

    assert answers == [503, 503, 202]


def test_a_fault_without_end_ends_when_cleared(sandbox: Sandbox, token: str) -> None:
    sandbox.fault("503", times=None)
    assert [send(sandbox, token).status_code for _ in range(3)] == [503] * 3

    sandbox.clear()

    assert send(sandbox, token).status_code == 202


def test_faults_happen_in_their_order(sandbox: Sandbox, token: str) -> None:
    sandbox.fault("504")
    sandbox.fault("429")

    assert [send(sandbox, token).status_code for _ in range(2)] == [504, 429]


def test_a_fault_waits_for_its_call(sandbox: Sandbox, token: str) -> None:
    sandbox.fault("503", only="/send")
    sandbox.fault("429", only="GET ")

    assert send(sandbox, token).status_code == 503
    assert send(sandbox, token).status_code == 202


def test_a_space_ends_the_path_of_a_call(sandbox: Sandbox, token: str) -> None:
    sandbox.fault("503", only="/send ")
    assert send(sandbox, token).status_code == 202

    sandbox.fault("503", only="/sendMail ")
    assert send(sandbox, token).status_code == 503


def test_an_unknown_fault_is_refused(sandbox: Sandbox) -> None:
    answer = sandbox.session.post(
        f"{sandbox.url}/faults.json", json={"kind": "flood"}, timeout=9
    )

    assert answer.status_code == 422
    assert "kind is one of 429, 503" in answer.json()["error"]


def test_what_waits_can_be_read(sandbox: Sandbox) -> None:
    sandbox.fault("503", times=3, after_seconds=1)

    waiting = sandbox.session.get(f"{sandbox.url}/faults.json", timeout=9).json()

    assert waiting == [{"kind": "503", "times": 3, "after_seconds": 1}]
