"""Out by SMTP in processes of their own, while their workers are killed."""

from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from portal.mail.outbox import State
from portal.sandbox.seeds import PASSWORD
from portal.workspace import house
from tests.journeys.running import Portal, eventually, running

MAILS = 60
KILLS = 2
REPORTS = "reports@contoso.example"
pytestmark = pytest.mark.xdist_group("storm")


@pytest.mark.timeout(240)
def test_no_killed_worker_loses_or_doubles_a_mail_by_smtp(tmp_path: Path) -> None:
    with running(tmp_path / "instance") as portal:
        _add(portal)
        portal.kill("worker")  # so that there is something to do for the next
        accepted = {str(n): _accept(portal, str(n)) for n in range(MAILS)}
        for _ in range(KILLS):
            eventually(partial(_goes_on, portal, len(portal.sandbox.mails())))
            portal.kill("worker")
        eventually(partial(_settled, portal, accepted))
        arrived = Counter(mail["subject"] for mail in portal.sandbox.mails())
        states = {subject: portal.status(id_) for subject, id_ in accepted.items()}

    assert set(arrived.values()) == {1}
    sent = {subject for subject, state in states.items() if state == State.SENT}
    assert sent <= set(arrived)
    assert set(states.values()) <= {State.SENT, State.UNCONFIRMED}


def _add(portal: Portal) -> None:
    """Add an SMTP account at the sandbox, make it the default, and make a key."""
    house.open_up(portal.settings())
    place = portal.environ["PORTAL_SANDBOX_SMTP_BIND"].replace("127.0.0.1", "localhost")
    words = ("accounts", "add", "office", "--smtp", place, "--from", REPORTS)
    signing = ("--username", REPORTS, "--password-file", "-")
    added = portal.command(*words, *signing, stdin=PASSWORD.encode())
    assert added.returncode == 0, added.stderr
    assert portal.command("accounts", "default", "office").returncode == 0
    portal.new_key()


def _accept(portal: Portal, subject: str) -> str:
    message = {"to": "jane@example.com", "subject": subject, "text": "x" * 100_000}
    answer = portal.post(message)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def _goes_on(portal: Portal, before: int) -> bool:
    """Tell whether mail arrives again, or all of it has."""
    return len(portal.sandbox.mails()) > min(before, MAILS - 1)


def _settled(portal: Portal, accepted: dict[str, str]) -> bool:
    open_ones = (State.QUEUED, State.SENDING)
    return all(portal.status(id_) not in open_ones for id_ in accepted.values())
