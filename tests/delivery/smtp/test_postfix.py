"""A real mail server that takes our mail, over STARTTLS."""

from dataclasses import replace
from email import message_from_bytes, policy
from hashlib import sha256

from portal.config import Config
from portal.mail.message import Attachment
from portal.mail.outbox import State
from portal.workspace.accounts.servers import Security, Server
from tests.delivery.smtp.posting import JANE, JOE, put, send, work
from tests.delivery.steps import record
from tests.intake.smtp.test_certificate import pem
from tests.postfix import keeping

CONTENT = bytes(range(256)) * 2000


def server(port: int) -> Server:
    return Server(
        host="localhost",
        port=port,
        security=Security.STARTTLS,
        ignore_certificate=True,
    )


def test_mails_are_taken_and_kept_as_they_are(house: Config) -> None:
    with keeping(pem()) as postfix:
        file = Attachment(CONTENT, name="größe.bin")
        first = send(
            server(postfix.bind.port), text="Grüße\n.\n..\n", cc=JOE, attachments=[file]
        )
        second = put(subject="Another", bcc="hidden@example.com")
        work()
        kept = postfix.kept(4)  # each recipient has a copy

    mails = [message_from_bytes(each, policy=policy.default) for each in kept]
    bills = [each for each in mails if each["Subject"] == "Bill"]
    files = [next(each.iter_attachments()).get_content() for each in bills]
    assert record(first).state == record(second).state == State.SENT
    assert len(bills) == 2
    assert {sha256(each).digest() for each in files} == {sha256(CONTENT).digest()}
    text = bills[0].get_body(("plain",))
    assert text is not None
    assert text.get_content().splitlines() == ["Grüße", ".", ".."]
    assert "hidden" not in str([each.items() for each in mails if each["To"] != JANE])
    assert not [each for each in mails if each["Bcc"]]


def test_a_certificate_nobody_trusts_takes_nothing(house: Config) -> None:
    with keeping(pem()) as postfix:
        known = server(postfix.bind.port)
        message = send(replace(known, ignore_certificate=False))

    told = record(message)
    assert told.state == State.QUEUED
    assert "is not trusted" in told.reason
