"""Applications that hand a queue of mail in at the SMTP door."""

import smtplib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Event
from time import monotonic

from tests.journeys.running import PATIENCE_SECONDS, Portal

ANN = "admin@contoso.example"


@dataclass
class Client:
    """An application that goes on until each of its mails was answered."""

    portal: Portal
    number: int
    mails: int
    answered: dict[str, str] = field(default_factory=dict)  # subject → id
    asked: Counter[str] = field(default_factory=Counter)  # subject → how often
    seconds: list[float] = field(default_factory=list)  # from MAIL to an answer

    def run(self) -> None:
        left = [f"{self.number}/{number}" for number in range(self.mails)]
        until = monotonic() + PATIENCE_SECONDS
        while left and monotonic() < until:
            try:
                for subject in self._send(left):
                    left.remove(subject)
                    until = monotonic() + PATIENCE_SECONDS
            except (OSError, smtplib.SMTPException):
                Event().wait(0.05)

    def _send(self, left: list[str]) -> Iterator[str]:
        host, _, port = self.portal.environ["PORTAL_SMTP_BIND"].rpartition(":")
        with smtplib.SMTP(host, int(port), timeout=30) as client:
            client.login("crowd", self.portal.api_key)
            for subject in [*left]:
                begun = monotonic()
                client.mail(ANN)
                client.rcpt("jane@example.com")
                self.asked[subject] += 1
                code, said = client.data(mail(subject))
                self.seconds.append(monotonic() - begun)
                if code == 250:
                    self.answered[subject] = said.decode().split()[-1]
                    yield subject


def mail(subject: str) -> bytes:
    identity = f"<{subject.replace('/', '.')}@crowd.example>"
    head = f"From: {ANN}\r\nTo: jane@example.com\r\nSubject: {subject}\r\n"
    return f"{head}Message-ID: {identity}\r\n\r\nWell.\r\n".encode()
