"""kill -9 of every part while mail flows: nothing lost, nothing sent twice unsaid."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
import requests
from sqlalchemy import func, select

from portal import clock, config, db
from portal.delivery.graph import Graph
from portal.delivery.worker import Worker
from portal.mail import outbox
from portal.mail.outbox import MessageRow, State, claims, records
from portal.workspace import house
from tests.journeys.running import Portal, eventually, running

MAILS = 500
CLIENTS = 8
pytestmark = pytest.mark.xdist_group("storm")
KILLS = {"worker": 100, "web": 200, "sandbox": 400}  # when so many mails are sent


@pytest.mark.timeout(300)
def test_no_kill_loses_or_doubles_a_mail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(tmp_path / "instance") as portal:
        accepted = _send_while_killing(portal)
        _settle(portal, monkeypatch)
        _check(portal, accepted)


@pytest.mark.timeout(300)
def test_no_kill_loses_or_doubles_a_mail_on_postgresql(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_url: str
) -> None:
    with running(tmp_path / "instance", PORTAL_DATABASE_URL=postgres_url) as portal:
        accepted = _send_while_killing(portal)
        _settle(portal, monkeypatch)
        _check(portal, accepted)


def _send_while_killing(portal: Portal) -> dict[str, str]:
    """Let clients send, and kill one part after another; return subject → id."""
    house.open_up(portal.settings())
    portal.connect()
    portal.new_key()
    subjects = [f"Mail {number}" for number in range(MAILS)]
    with ThreadPoolExecutor(CLIENTS) as clients:
        sending = clients.map(lambda subject: _insist(portal, subject), subjects)
        for part, count in KILLS.items():
            eventually(partial(_enough_sent, count))
            portal.kill(part)
        return dict(zip(subjects, sending, strict=True))


def _insist(portal: Portal, subject: str) -> str:
    """Send as a good client does: the same key until there is an answer."""
    message = {"to": "jane@example.com", "subject": subject, "text": "x"}

    def attempt() -> str | None:
        assert portal.process.poll() is None, portal.log.read_text()
        try:
            answer = portal.post(message, key=subject)
        except requests.RequestException:
            return None
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    return eventually(attempt)


def _enough_sent(count: int) -> bool:
    with db.reading() as session:
        finished = MessageRow.finished_at.is_not(None)
        return (session.scalar(select(func.count()).where(finished)) or 0) >= count


def _settle(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for what goes by itself; then let time pass for what the dead left."""
    eventually(lambda: _waiting() == 0)
    worker = Worker({"graph": Graph(config.current().graph_url)})
    for wait in (claims.LEASE, *outbox.LOOKS):
        moment = clock.now() + wait + timedelta(seconds=1)
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        while worker.work_once():
            pass


def _waiting() -> int:
    with db.reading() as session:
        return records.waiting(session)


def _check(portal: Portal, accepted: dict[str, str]) -> None:
    arrived = Counter(eventually(partial(_arrived, portal)))
    states = {subject: _state(message_id) for subject, message_id in accepted.items()}
    db.disconnect()

    assert len(accepted) == MAILS
    assert set(states.values()) <= {State.SENT, State.UNCONFIRMED}
    sent = {subject for subject, state in states.items() if state == State.SENT}
    assert all(arrived[subject] == 1 for subject in sent)
    assert max(arrived.values()) == 1
    # At most what was in flight when a worker or Microsoft was killed.
    assert MAILS - len(sent) <= 2 * config.current().requests_in_flight


def _arrived(portal: Portal) -> list[str] | None:
    try:
        return [mail["subject"] for mail in portal.sandbox.mails()]
    except requests.RequestException:  # the sandbox was killed a moment ago
        return None


def _state(message_id: str) -> State:
    with db.reading() as session:
        return records.find(session, UUID(message_id)).state
