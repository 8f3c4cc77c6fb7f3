"""TLS: whom we trust, and that no password leaves without it."""

import ssl
from collections.abc import Iterator

import pytest

from portal.config import Config
from portal.mail.outbox import State
from portal.workspace.accounts.servers import Security
from tests.delivery.smtp.conftest import Trust
from tests.delivery.smtp.obeying import Obeying, obeying
from tests.delivery.smtp.posting import hold, send
from tests.delivery.steps import record

TLS = {"host": "localhost", "security": Security.TLS}
STARTTLS = {"host": "localhost", "security": Security.STARTTLS}


@pytest.fixture
def secure(house: Config, trust: Trust) -> Iterator[Obeying]:
    """Serve with STARTTLS, by a certificate that nobody trusts yet."""
    with obeying(context=trust.context) as told:
        yield told


def test_a_password_goes_over_starttls(secure: Obeying, trusted: Trust) -> None:
    message = send(secure.signing_in(**STARTTLS))

    verbs = [line.split(" ")[0].upper() for line in secure.heard]
    assert record(message).state == State.SENT
    assert verbs[:4] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]


def test_or_over_tls_from_the_first_byte(trusted: Trust) -> None:
    with obeying(context=trusted.context, tls_first=True) as told:
        message = send(told.signing_in(**TLS))

    assert record(message).state == State.SENT


@pytest.mark.parametrize("how", [TLS, STARTTLS])
def test_a_certificate_that_nobody_trusts_gets_no_password(
    house: Config, trust: Trust, how: dict[str, object]
) -> None:
    first = how["security"] == Security.TLS
    with obeying(context=trust.context, tls_first=first) as told:
        message = send(told.signing_in(**how))

    assert record(message).state == State.QUEUED
    assert "localhost failed: its certificate is not trusted" in record(message).reason
    assert told.said("AUTH") == []


def test_a_certificate_for_another_name_is_none(
    secure: Obeying, trusted: Trust
) -> None:
    message = send(secure.signing_in(**STARTTLS | {"host": "127.0.0.1"}))

    assert "not trusted" in record(message).reason
    assert secure.said("AUTH") == []


def test_it_may_be_ignored(secure: Obeying) -> None:
    server = secure.signing_in(**STARTTLS, ignore_certificate=True)

    assert record(send(server)).state == State.SENT


def test_a_server_that_hides_starttls_gets_no_password(mail: Obeying) -> None:
    message = send(mail.signing_in(security=Security.STARTTLS))

    held = hold()
    assert held is not None
    assert "does not encrypt" in held.reason
    assert (record(message).state, mail.said("AUTH")) == (State.HELD, [])


@pytest.mark.parametrize(
    ("reply", "state"),
    [("454 4.7.0 not now", State.QUEUED), ("502 5.5.1 never", State.HELD)],
)
def test_a_refusal_to_encrypt_is_told_from_a_delay(
    secure: Obeying, trusted: Trust, reply: str, state: State
) -> None:
    secure.replies["STARTTLS"] = [reply]

    assert record(send(secure.signing_in(**STARTTLS))).state == state


def test_what_was_said_before_tls_counts_no_more(
    secure: Obeying, trusted: Trust
) -> None:
    secure.replies["STARTTLS"] = ["220 go\r\n250-mail.example\r\n250 AUTH NONSENSE"]

    assert record(send(secure.signing_in(**STARTTLS))).state == State.SENT
    assert secure.said("AUTH")[0].startswith("AUTH PLAIN ")


def test_a_server_that_speaks_in_the_clear_where_tls_begins_is_told(
    mail: Obeying,
) -> None:
    message = send(mail.signing_in(**TLS))

    assert record(message).state == State.QUEUED
    assert "secure connection" in record(message).reason


def test_old_tls_is_refused(trusted: Trust, trust: Trust) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    old.load_cert_chain(trust.authority, trust.authority.with_name("key.pem"))
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with obeying(context=old) as told:
        message = send(told.signing_in(**STARTTLS))

    assert record(message).state == State.QUEUED
    assert told.said("AUTH") == []
