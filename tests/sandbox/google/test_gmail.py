"""smtp.gmail.com, played: whom it lets in, and what becomes of From."""

import ssl
from base64 import b64decode, b64encode
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from smtplib import SMTP, SMTPSenderRefused

import pytest

from tests.sandbox.google.signing import DANA, OFFLINE, tokens
from tests.sandbox.serving import Sandbox, serve

ERIN = "erin@northwind.example"


@pytest.fixture
def gmail(tmp_path: Path) -> Iterator[Sandbox]:
    """Serve a sandbox with its submission servers."""
    with serve(smtp=tmp_path) as served:
        yield served


@pytest.fixture
def client(gmail: Sandbox) -> Iterator[SMTP]:
    """Connect as any client does."""
    assert gmail.gmail
    with SMTP("localhost", gmail.gmail.port, timeout=20) as connected:
        trusted = ssl.create_default_context(cafile=str(gmail.gmail.authority))
        connected.starttls(context=trusted)
        connected.ehlo()
        yield connected


def bearer(client: SMTP, username: str, token: str) -> tuple[int, bytes]:
    words = f"user={username}\x01auth=Bearer {token}\x01\x01"
    return client.docmd("AUTH", f"XOAUTH2 {b64encode(words.encode()).decode()}")


def mail(sender: str) -> EmailMessage:
    written = EmailMessage()
    written["From"], written["To"], written["Subject"] = sender, ERIN, "Bill"
    written.set_content("All is well.")
    return written


def test_a_token_opens_its_own_mailbox(gmail: Sandbox, client: SMTP) -> None:
    assert bearer(client, DANA, tokens(gmail, **OFFLINE)["access_token"])[0] == 235


@pytest.mark.parametrize("username", [ERIN, "orders@northwind.example", ""])
def test_a_token_opens_no_other(gmail: Sandbox, client: SMTP, username: str) -> None:
    status, said = bearer(client, username, tokens(gmail)["access_token"])
    refused = client.docmd("")

    assert (status, b64decode(said)[:16]) == (334, b'{"status": "400"')
    assert refused[0] == 535
    assert refused[1].startswith(b"5.7.8")


@pytest.mark.parametrize(
    ("sender", "becomes"),
    [
        (DANA, DANA),
        ("orders@northwind.example", "orders@northwind.example"),
        ("ceo@northwind.example", DANA),
    ],
)
def test_from_is_the_users_own_or_an_alias(
    gmail: Sandbox, client: SMTP, sender: str, becomes: str
) -> None:
    bearer(client, DANA, tokens(gmail, **OFFLINE)["access_token"])

    client.send_message(mail(sender))

    [sent] = gmail.mails()
    assert (sent["from"], sent["mailbox"]) == (becomes, DANA)


def test_nobody_sends_without_a_sign_in(client: SMTP) -> None:
    with pytest.raises(SMTPSenderRefused) as refused:
        client.send_message(mail(DANA))

    assert refused.value.smtp_code == 530
