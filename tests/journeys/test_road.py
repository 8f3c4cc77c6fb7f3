"""The road of a message: from `portal up --sandbox` to a mail that was sent."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.running import Portal, eventually, running

PROGRAM = """
from portal import Attachment, Message, send

file = Attachment(b"a,b", name="numbers.csv")
message = Message(to="jane@example.com", subject="Hook", text="x", attachments=[file])
print(send(message).id)
"""


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """Run a portal that is connected as Contoso's admin."""
    with running(tmp_path_factory.mktemp("road") / "instance") as started:
        page = started.connect()
        assert "Email OAuth 2.0 authentication succeeded" in page
        started.new_key()
        yield started


def test_a_mail_from_the_shell_is_sent(portal: Portal) -> None:
    words = ["--to", "jane@example.com", "--subject", "Shell", "--text", "x", "--wait"]

    done = portal.command("send", *words)

    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(b" sent\n")
    assert len(portal.sandbox.mails("Shell")) == 1


def test_a_mail_over_http_is_sent(portal: Portal) -> None:
    answer = portal.post({"to": ["jane@example.com"], "subject": "Api", "text": "x"})

    assert answer.status_code == 202
    message_id = answer.json()["id"]
    eventually(lambda: portal.status(message_id) == "sent")
    assert len(portal.sandbox.mails("Api")) == 1


def test_a_mail_from_a_program_is_sent(portal: Portal, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=portal.environ,
        capture_output=True,
        timeout=60,
        check=True,
    )

    assert done.stdout
    [mail] = eventually(lambda: portal.sandbox.mails("Hook"))
    assert mail["attachments"][0]["name"] == "numbers.csv"


def test_a_finished_mail_from_standard_input_is_sent(portal: Portal) -> None:
    raw = b"To: jane@example.com\r\nBcc: b@example.com\r\nSubject: Raw\r\n\r\nHello\r\n"

    done = portal.command("send", "--wait", stdin=raw)

    assert done.returncode == 0, done.stderr
    [mail] = portal.sandbox.mails("Raw")
    assert mail["bcc"] == ["b@example.com"]
    assert mail["from"] == "admin@contoso.example"
