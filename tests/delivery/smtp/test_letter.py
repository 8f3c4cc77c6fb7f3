"""A finished mail within what a server announces: written anew, or refused by name."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import UUID

import pytest

from portal.accept import Caller
from portal.intake import desk
from portal.mail.outbox import State
from tests.delivery.smtp.obeying import Obeying
from tests.delivery.smtp.posting import JANE, NAME, REPORTS, add, work
from tests.delivery.steps import record

BARE = ("SIZE 35000000",)
UMLAUTS = "Grüße aus Köln."
HEAD = f"From: {REPORTS}\r\nTo: {JANE}\r\nSubject: Bill\r\n"
PLAIN = (
    f"{HEAD}Content-Type: text/plain; charset=utf-8\r\n"
    f"Content-Transfer-Encoding: 8bit\r\n\r\n{UMLAUTS}\r\n"
)
FILED = (
    f"{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\n\r\nHello\r\n--b\r\n"
    'Content-Type: text/csv; charset=utf-8; name="a.csv"\r\n'
    "Content-Disposition: attachment\r\n"
    f"Content-Transfer-Encoding: 8bit\r\n\r\n{UMLAUTS}\r\n--b--\r\n"
)
SIGNED = (
    f"{HEAD}Content-Type: multipart/signed; boundary=b; protocol=x\r\n\r\n--b\r\n"
    f"Content-Transfer-Encoding: 8bit\r\n\r\n{UMLAUTS}\r\n"
    "--b\r\n\r\nsigned\r\n--b--\r\n"
)


def send(mail: Obeying, whole: str) -> UUID:
    """Send a finished mail as far as it gets; return its id."""
    add(mail.server())
    receipt = desk.take(whole.encode(), Caller(name="test"), account=NAME)
    work()
    return UUID(receipt.id)


def said(raw: bytes) -> str:
    """Return what all parts of a mail say."""
    parsed = message_from_bytes(raw, policy=policy.default)
    leaves = [p for p in parsed.walk() if not p.is_multipart()]
    texts = [p.get_content() for p in leaves if isinstance(p, EmailMessage)]
    return "".join(text if isinstance(text, str) else text.decode() for text in texts)


@pytest.mark.parametrize("whole", [PLAIN, FILED])
def test_a_server_that_takes_ascii_alone_gets_ascii(mail: Obeying, whole: str) -> None:
    mail.offers = BARE

    message = send(mail, whole)

    [arrived] = mail.mails
    assert record(message).state == State.SENT
    assert arrived.isascii()
    assert UMLAUTS in said(arrived)
    assert "BODY" not in mail.said("MAIL")[0]


@pytest.mark.parametrize("whole", [PLAIN, FILED, SIGNED])
def test_a_server_that_takes_more_gets_it_as_it_is(mail: Obeying, whole: str) -> None:
    message = send(mail, whole)

    [arrived] = mail.mails
    assert record(message).state == State.SENT
    assert UMLAUTS.encode() in arrived
    assert mail.said("MAIL")[0].endswith(" BODY=8BITMIME")


def test_what_is_signed_is_rather_not_sent_than_changed(mail: Obeying) -> None:
    mail.offers = BARE

    message = send(mail, SIGNED)

    assert record(message).state == State.FAILED
    assert "8BITMIME" in record(message).reason
    assert mail.said("MAIL") == []


def test_what_is_signed_in_ascii_goes_to_any_server(mail: Obeying) -> None:
    mail.offers = BARE

    message = send(mail, SIGNED.replace(UMLAUTS, "Hello").replace("8bit", "7bit"))

    assert record(message).state == State.SENT


def test_a_bcc_that_a_mail_brings_reaches_nobody_s_eyes(mail: Obeying) -> None:
    send(mail, f"Bcc: hidden@example.com\r\n{PLAIN}")

    [arrived] = mail.mails
    assert b"hidden" not in arrived
    assert mail.said("RCPT")[-1] == "RCPT TO:<hidden@example.com>"


def test_a_header_beyond_ascii_is_announced(mail: Obeying) -> None:
    send(mail, PLAIN.replace("Bill", "Grüße"))

    assert mail.said("MAIL")[0].endswith(" SMTPUTF8")


def test_or_goes_as_it_came_where_nobody_knows_that(mail: Obeying) -> None:
    mail.offers = BARE

    message = send(mail, PLAIN.replace("Bill", "Grüße"))

    assert record(message).state == State.SENT
    assert "Grüße".encode() in mail.mails[0]
