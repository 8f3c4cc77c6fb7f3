"""A real mail server that takes our mail, over STARTTLS: anybody's, or one user's."""

import smtplib
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from hashlib import sha256

import pytest

from portal.config import Config
from portal.mail.message import Attachment
from portal.mail.outbox import State
from portal.workspace.accounts.servers import Authentication, Security, Server
from tests import dovecot
from tests.delivery.smtp.conftest import Trust
from tests.delivery.smtp.posting import JANE, JOE, hold, last, put, send, work
from tests.delivery.steps import record
from tests.intake.smtp.talking import pem
from tests.postfix import Postfix, keeping, keeping_of_user

CONTENT = bytes(range(256)) * 2000
PASSWORD = "Sesam, öffne dich!"


@pytest.fixture
def strict(trust: Trust) -> Iterator[Postfix]:
    """Run a Postfix that takes mail of one user alone."""
    with keeping_of_user(trust.pem, PASSWORD) as postfix:
        yield postfix


def signing_in(postfix: Postfix, password: str = PASSWORD) -> Server:
    return Server(
        host="localhost",
        port=postfix.bind.port,
        authentication=Authentication.PASSWORD,
        username=dovecot.USER,
        password=password,
    )


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


def test_whoever_signs_in_is_taken_from(trusted: Trust, strict: Postfix) -> None:
    file = Attachment(CONTENT, name="data.bin")

    message = send(signing_in(strict), attachments=[file])
    [kept] = strict.kept(1)

    mail = message_from_bytes(kept, policy=policy.default)
    [found] = mail.iter_attachments()
    assert record(message).state == State.SENT
    assert found.get_content() == CONTENT
    assert f"sasl_username={dovecot.USER}" in strict.said()


def test_a_wrong_password_holds_the_account(trusted: Trust, strict: Postfix) -> None:
    message = send(signing_in(strict, "Simsala"))

    held, said = hold(), last(message).answer
    assert record(message).state == State.HELD
    assert said is not None
    assert held is not None
    assert "Please check its username and password" in held.reason
    assert (said.status, said.code) == (535, "5.7.8")


def test_nobody_who_is_not_trusted_gets_a_password(
    house: Config, strict: Postfix
) -> None:
    message = send(signing_in(strict))

    told = record(message)
    assert told.state == State.QUEUED
    assert "is not trusted" in told.reason
    assert "sasl" not in strict.said()


def test_in_the_clear_nobody_signs_in(trusted: Trust, strict: Postfix) -> None:
    with smtplib.SMTP(*strict.bind) as client:
        client.ehlo()
        offered = client.has_extn("auth")
        send(replace(signing_in(strict), security=Security.NONE))

    held = hold()
    assert not offered
    assert held is not None
    assert "lets nobody sign in" in held.reason
