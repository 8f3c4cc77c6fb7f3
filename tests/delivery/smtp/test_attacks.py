"""Attacks on the wire: proxies, certificates, forged replies. No secret, no mail."""

import time
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from portal import config, net
from portal.config import Config
from portal.errors import DeliveryError
from portal.mail.outbox import State
from portal.net import deadline
from portal.net.deadline import Deadline
from portal.submission import way
from portal.submission.opening import NotSignedIn, opened
from portal.workspace.accounts.servers import Authentication, Security, Server
from tests.delivery.smtp.conftest import Trust, server_side
from tests.delivery.smtp.lying import Liar, lying
from tests.delivery.smtp.obeying import Obeying, obeying
from tests.delivery.smtp.posting import add, last, put, send, work
from tests.delivery.smtp.proxies import WELL, proxy
from tests.delivery.steps import record
from tests.sandbox.identity import identity_of

PASSWORD = "open, Sesame"
REMOTE = "mail.contoso.example"
TOKEN = ".".join(("eyJ0" * 20, "Aa0_" * 60, "Zz9-" * 40))
# All that a whole dialogue takes, said before anything is asked.
FORGED = (
    b"220 mail.example ESMTP\r\n250-mail.example\r\n250-AUTH PLAIN LOGIN XOAUTH2\r\n"
    b"250 STARTTLS\r\n220 2.0.0 go\r\n250-mail.example\r\n250 AUTH PLAIN LOGIN\r\n"
    b"235 2.7.0 welcome\r\n250 OK\r\n250 OK\r\n354 go on\r\n250 2.6.0 queued\r\n"
)
CHALLENGE = b64encode(b'{"status":"401","schemes":"Bearer","scope":"x"}').decode()


def signing_in(host: str, port: int, security: Security) -> Server:
    return Server(
        host=host,
        port=port,
        security=security,
        authentication=Authentication.PASSWORD,
        username="reports@contoso.example",
        password=PASSWORD,
    )


def told_nothing(liar: Liar) -> bool:
    """Tell whether neither a password nor a mail has come there."""
    packed = b64encode(f"\0reports@contoso.example\0{PASSWORD}".encode())
    return not any(word in liar.heard for word in (b"AUTH", b"MAIL", packed, b"Well."))


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_whoever_forges_all_replies_gets_no_password(
    house: Config, security: Security
) -> None:
    with lying(FORGED) as liar:
        message = send(signing_in("localhost", liar.port, security))

    assert record(message).state == State.QUEUED
    assert liar.heard
    assert told_nothing(liar)


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
@pytest.mark.parametrize("after", [FORGED, b"\x16\x03\x03\0\x02\r\n", b"\0\0\r\n"])
def test_nor_does_a_proxy_that_plays_the_server(
    house: Config, security: Security, after: bytes
) -> None:
    with lying(WELL + after) as liar:
        config.use(replace(house, proxy=f"http://ann:s%40fe@127.0.0.1:{liar.port}"))
        message = send(signing_in(REMOTE, 587, security))

    assert record(message).state == State.QUEUED
    assert liar.heard.startswith(b"CONNECT ")
    assert told_nothing(liar)


def test_a_bundle_that_vanishes_takes_no_trust_away(
    house: Config, trust: Trust, tmp_path: Path
) -> None:
    path = tmp_path / "authorities.pem"
    path.write_bytes(trust.authority.read_bytes())
    chosen = replace(house, ca_bundle=path)
    net.check(chosen)
    config.use(chosen)
    path.unlink()

    with obeying(context=trust.context, tls_first=True) as told:
        message = send(signing_in("localhost", told.port, Security.TLS))

    assert record(message).state == State.SENT


@pytest.mark.parametrize("first", [True, False], ids=["tls", "starttls"])
def test_nor_the_server_that_a_proxy_leads_to_instead(
    house: Config, trusted: Trust, first: bool
) -> None:
    security = Security.TLS if first else Security.STARTTLS
    with obeying(context=trusted.context, tls_first=first) as other:
        trusting = config.current()
        with proxy(trusting, other.port):
            message = send(signing_in(REMOTE, 587, security))

    assert f"{REMOTE} failed: its certificate is not trusted" in record(message).reason
    assert other.said("AUTH") == other.said("MAIL") == []


def test_a_proxy_that_repeats_its_credential_does_not_have_it_told(
    house: Config,
) -> None:
    said = b"HTTP/1.1 407 ann:s@fe YW5uOnNAZmU=\r\n\r\nann:s@fe YW5uOnNAZmU="
    with lying(said) as liar:
        config.use(replace(house, proxy=f"http://ann:s%40fe@127.0.0.1:{liar.port}"))
        message = send(signing_in(REMOTE, 587, Security.TLS))

    told = f"{record(message)}{last(message)}"
    assert record(message).state == State.HELD
    assert "s@fe" not in told
    assert "YW5u" not in told


def test_a_proxy_over_tls_that_nobody_trusts_gets_no_credential(
    house: Config, trust: Trust
) -> None:
    with obeying(context=trust.context, tls_first=True) as told:
        config.use(replace(house, proxy=f"https://ann:s@localhost:{told.port}"))
        message = send(signing_in(REMOTE, 587, Security.TLS))

    assert record(message).state == State.QUEUED
    assert told.heard == []


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nX: "])
def test_a_proxy_that_drips_ends_at_the_deadline(house: Config, said: bytes) -> None:
    started = time.monotonic()
    until = Deadline(started + 0.5, 0.3, 0.3)

    with (
        lying(said, drips=True) as liar,
        deadline.obeyed(until),
        pytest.raises(TimeoutError),
    ):
        way.connect(REMOTE, 587, f"http://127.0.0.1:{liar.port}")

    assert time.monotonic() - started < 5


@pytest.mark.parametrize("first", [True, False], ids=["tls", "starttls"])
def test_a_certificate_that_has_ended_gets_no_password(
    house: Config, tmp_path: Path, first: bool
) -> None:
    ended = server_side(tmp_path, identity_of("localhost", timedelta(hours=-1)))
    config.use(replace(house, ca_bundle=ended.authority))
    security = Security.TLS if first else Security.STARTTLS

    with obeying(context=ended.context, tls_first=first) as told:
        message = send(signing_in("localhost", told.port, security))

    assert record(message).state == State.QUEUED
    assert "has expired" in record(message).reason
    assert told.said("AUTH") == []


def test_a_server_that_offers_nothing_more_once_it_is_encrypted_gets_no_password(
    trusted: Trust,
) -> None:
    with obeying(context=trusted.context) as told:
        told.replies["EHLO"] = [
            "250-mail.example\r\n250-AUTH PLAIN\r\n250 STARTTLS",
            "502 5.5.1 what?",
        ]
        message = send(signing_in("localhost", told.port, Security.STARTTLS))

    assert record(message).state == State.HELD
    assert told.said("AUTH") == []


def by_token(told: Obeying | Liar) -> Server:
    how = signing_in("127.0.0.1", told.port, Security.NONE)
    return replace(how, authentication=Authentication.OAUTH, password="")


def test_a_challenge_is_answered_once_and_read_as_a_refusal(house: Config) -> None:
    replies = {"AUTH": [f"334 {CHALLENGE}"]}

    with obeying(replies=replies) as told, pytest.raises(NotSignedIn):
        opened(by_token(told), TOKEN, "")

    assert told.heard[-1] == ""
    assert len(told.said("AUTH")) == 1


def test_challenges_without_an_end_have_one(house: Config) -> None:
    forged = b"220 x\r\n250 AUTH XOAUTH2\r\n" + f"334 {CHALLENGE}\r\n".encode() * 50

    with lying(forged) as liar, pytest.raises(DeliveryError) as refused:
        opened(by_token(liar), "token", "")

    assert liar.heard.count(b"\r\n") <= 3
    assert "token" not in f"{refused.value}{refused.value.answer}"


@pytest.mark.parametrize(
    "said",
    [TOKEN, b64encode(f"Bearer {TOKEN}".encode()).decode(), TOKEN[5:200]],
    ids=["whole", "packed", "part"],
)
def test_a_token_that_a_server_repeats_is_not_told(house: Config, said: str) -> None:
    replies = {"AUTH": [f"535 5.7.8 no: {said}"]}

    with obeying(replies=replies) as told, pytest.raises(NotSignedIn) as refused:
        opened(by_token(told), TOKEN, "")

    assert "…" in refused.value.answer.text
    assert said[20:90] not in f"{refused.value}{refused.value.answer}"


def test_a_reply_too_many_is_not_taken_for_that_of_the_next_message(
    mail: Obeying,
) -> None:
    mail.replies["CONTENT"] = ["250 2.6.0 queued\r\n250 2.0.0 and again"]
    add(mail.server())
    first, second = put(), put()

    work()

    assert (record(first).state, record(second).state) == (State.SENT, State.QUEUED)
    assert len(mail.mails) == 1
