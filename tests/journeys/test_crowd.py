"""A crowd at the SMTP door, which is killed: nothing lost, nothing doubled."""

import smtplib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from time import monotonic
from uuid import UUID

import pytest
from sqlalchemy import func, select

from portal import db
from portal.mail.outbox import MessageRow, State
from portal.workspace import house
from tests.journeys.running import PATIENCE_SECONDS, Portal, eventually, running

CLIENTS = 50
EACH = 8  # mails of a client
KILLED_AT = 100  # mails accepted
ANN = "admin@contoso.example"
pytestmark = pytest.mark.xdist_group("storm")


@dataclass
class Client:
    """An application with a queue of mail, which goes on until each was answered."""

    portal: Portal
    number: int
    answered: dict[str, str] = field(default_factory=dict)  # subject → id
    asked: Counter[str] = field(default_factory=Counter)  # subject → how often

    def run(self) -> None:
        left = [f"{self.number}/{number}" for number in range(EACH)]
        until = monotonic() + PATIENCE_SECONDS
        while left and monotonic() < until:
            try:
                for subject in self._send(left):
                    left.remove(subject)
            except (OSError, smtplib.SMTPException):
                Event().wait(0.05)

    def _send(self, left: list[str]) -> Iterator[str]:
        host, _, port = self.portal.environ["PORTAL_SMTP_BIND"].rpartition(":")
        with smtplib.SMTP(host, int(port), timeout=30) as client:
            client.login("crowd", self.portal.api_key)
            for subject in [*left]:
                client.mail(ANN)
                client.rcpt("jane@example.com")
                self.asked[subject] += 1
                code, said = client.data(mail(subject))
                if code == 250:
                    self.answered[subject] = said.decode().split()[-1]
                    yield subject


def mail(subject: str) -> bytes:
    identity = f"<{subject.replace('/', '.')}@crowd.example>"
    head = f"From: {ANN}\r\nTo: jane@example.com\r\nSubject: {subject}\r\n"
    return f"{head}Message-ID: {identity}\r\n\r\nWell.\r\n".encode()


@pytest.mark.timeout(300)
def test_a_crowd_loses_and_doubles_nothing(tmp_path: Path) -> None:
    with running(tmp_path / "instance", PORTAL_WORKERS="2") as portal:
        house.open_up(portal.settings())
        portal.connect()
        portal.new_key()
        crowd = [Client(portal, number) for number in range(CLIENTS)]
        with ThreadPoolExecutor(CLIENTS) as pool:
            ended = [pool.submit(client.run) for client in crowd]
            eventually(lambda: accepted() >= KILLED_AT)
            portal.kill("smtp")
            for each in ended:
                each.result()
        eventually(lambda: accepted(State.SENT) == accepted())

        check(portal, crowd)


def accepted(state: State | None = None) -> int:
    with db.reading() as session:
        query = select(func.count()).select_from(MessageRow)
        if state:
            query = query.where(MessageRow.state == state)
        return session.scalar(query) or 0


def check(portal: Portal, crowd: list[Client]) -> None:
    with db.reading() as session:
        rows = dict(session.execute(select(MessageRow.id, MessageRow.subject)).all())
    stored = Counter(rows.values())
    arrived = Counter(each["subject"] for each in portal.sandbox.mails())
    assert arrived == stored
    assert len(stored) == CLIENTS * EACH
    for client in crowd:
        for subject, message in client.answered.items():
            assert rows[UUID(message)] == subject
        # Whose answer was lost may be there once more for each time that it was asked.
        assert all(stored[s] <= asked for s, asked in client.asked.items())
        assert all(stored[s] == 1 for s, asked in client.asked.items() if asked == 1)
