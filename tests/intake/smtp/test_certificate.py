"""The door, encrypted: from the first byte or by STARTTLS, and its certificate."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from portal import config
from portal.config import Config
from portal.errors import ConfigError
from portal.intake.smtp.certificate import Certificate
from portal.workspace import expiry
from tests import processes
from tests.intake.smtp.talking import ANN, MAIL, Door, Talk, listening, pem
from tests.microsoft import certificates
from tests.workspace import grants


@pytest.fixture
def secure(house: Config, file: Path) -> Iterator[Door]:
    """Open a door with a certificate."""
    grants.send_as(ANN)
    with listening(house, certificate=str(file)) as opened:
        yield opened


def test_what_was_said_before_starttls_is_forgotten(secure: Door) -> None:
    with Talk(secure) as talk:
        offered = talk.say("EHLO client.example")
        talk.sign_in()
        talk.start_tls()
        after = talk.say(f"MAIL FROM:<{ANN}>")
        again = talk.say("EHLO client.example")

    assert "STARTTLS" in offered
    assert after.startswith("503 5.5.1 ")
    assert "STARTTLS" not in again
    assert "AUTH PLAIN LOGIN" in again


def test_what_is_typed_behind_starttls_is_not_heard(secure: Door) -> None:
    with Talk(secure) as talk:
        talk.say("EHLO client.example")
        talk.type(b"STARTTLS\r\nEHLO injected.example\r\n")
        assert talk.reply().startswith("220 ")
        talk.encrypt()

        assert talk.say("NOOP") == "250 2.0.0 OK"


@pytest.mark.parametrize("encrypted", [True, False])
def test_tls_is_not_begun_within_tls(secure: Door, encrypted: bool) -> None:
    with Talk(secure, encrypted=encrypted) as talk:
        talk.say("EHLO client.example")
        if not encrypted:
            talk.start_tls()

        assert talk.say("STARTTLS") == "503 5.5.1 This is encrypted already"
        assert talk.sign_in().startswith("235 ")


@pytest.mark.parametrize("encrypted", [True, False])
def test_a_mail_comes_encrypted(secure: Door, encrypted: bool) -> None:
    with Talk(secure, encrypted=encrypted) as talk:
        if not encrypted:
            talk.say("EHLO client.example")
            talk.start_tls()
        talk.sign_in()

        assert talk.mail(MAIL + b"x" * 1_000_000 + b"\r\n").startswith("250 ")


def test_a_new_certificate_is_shown_to_whoever_comes_next(
    secure: Door, file: Path
) -> None:
    with Talk(secure, encrypted=True) as talk:
        first = talk.seen
        file.write_text(pem())
        with Talk(secure, encrypted=True) as other:
            second = other.seen
        assert talk.sign_in().startswith("235 ")

    assert first != second
    file.write_text("half a certificate")
    with Talk(secure) as talk:
        talk.say("EHLO client.example")
        talk.start_tls()
        assert talk.seen == second


def half() -> str:
    return "half a certificate"


def of_two() -> str:
    """Make a certificate beside a key that is of another one."""
    other = certificates.self_signed(days=90)
    return (certificates.self_signed().key + other.certificate).decode()


@pytest.mark.parametrize("broken", [half, of_two])
def test_as_long_as_the_former_one_is_shown_its_end_is_told(
    secure: Door, file: Path, house: Config, broken: Callable[[], str]
) -> None:
    config.use(replace(house, smtp_certificate=str(file)))
    former = left()

    file.write_text(broken())
    still = left()
    file.write_text(pem(days=7))

    assert (former, still, left()) == (1, 1, 7)


def left() -> int | None:
    """Return for how many days yet the certificate of the door is told to be good."""
    told = expiry.of_door()
    return told.days if told else None


def test_a_certificate_may_come_as_text(tmp_path: Path) -> None:
    Certificate(pem(), tmp_path).renew()


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("SMTPS_BIND", "127.0.0.1:465"),
        ("SMTP_CERTIFICATE", "/nowhere/x.pem"),
        ("SMTP_CERTIFICATE_FILE", "/nowhere/x.pem"),
    ],
)
def test_the_door_refuses_to_begin_without_what_it_shows(
    name: str, given: str, tmp_path: Path
) -> None:
    more = {"PORTAL_WORKERS": "0", f"PORTAL_{name}": given}

    with processes.started(processes.environ(tmp_path / "x") | more, "smtp") as it:
        ended = it.process.wait(30)

    workers, line = it.said().splitlines()
    assert ended == 2
    assert workers.startswith("portal: PORTAL_WORKERS must be ")
    assert line.startswith(f"portal: PORTAL_{name.removesuffix('_FILE')} ")


@pytest.mark.parametrize("given", ["geheim", "-----BEGIN geheim", "/nowhere/x.pem"])
def test_what_is_no_certificate_is_refused_without_being_told(
    given: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="^PORTAL_SMTP_CERTIFICATE ") as refused:
        Certificate(given, tmp_path)

    assert "geheim" not in str(refused.value)
