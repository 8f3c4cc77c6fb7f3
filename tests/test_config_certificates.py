"""Certificates of the environment: judged before anything starts, and never quoted."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from portal import config, net
from portal.config import Config
from portal.errors import ConfigError
from tests.environment import wrong
from tests.microsoft import certificates
from tests.microsoft.certificates import SelfSigned

A_PEM = "a certificate with its key, without a password, as PEM."
RENEWABLE = f"PORTAL_SMTP_CERTIFICATE must hold, or name a file with, {A_PEM}"
IDS = {"TENANT_ID": "t", "CLIENT_ID": "c"}


@pytest.fixture(scope="module")
def own() -> SelfSigned:
    return certificates.self_signed()


@pytest.fixture
def whole(own: SelfSigned) -> str:
    return (own.certificate + own.key).decode()


@pytest.fixture(params=["garbage", "alone", "of another"])
def broken(request: pytest.FixtureRequest, own: SelfSigned) -> str:
    """Return what begins like PEM and is no certificate with its key."""
    other = certificates.self_signed().key if request.param == "of another" else b""
    if request.param == "garbage":
        return "-----BEGIN CERTIFICATE-----\ngeheim"
    return (own.certificate + other).decode()


@pytest.mark.parametrize("name", ["SMTP_CERTIFICATE", "CLIENT_CERTIFICATE"])
def test_a_certificate_may_be_given_with_its_key(name: str, whole: str) -> None:
    given = IDS | {name: whole} if name.startswith("CLIENT") else {name: whole}

    chosen = config.read({f"PORTAL_{each}": value for each, value in given.items()})

    assert getattr(chosen, name.lower()) == whole.strip()


def test_an_application_may_have_its_certificate_in_a_file(
    whole: str, tmp_path: Path
) -> None:
    path = tmp_path / "application.pem"
    path.write_text(whole)
    given = IDS | {"CLIENT_CERTIFICATE_FILE": str(path)}

    chosen = config.read({f"PORTAL_{each}": value for each, value in given.items()})

    assert chosen.client_certificate == whole.strip()


def test_an_application_may_have_a_certificate_too_weak_for_tls() -> None:
    weak = certificates.self_signed(bits=1024)
    given = (weak.certificate + weak.key).decode()

    chosen = config.read(
        {"PORTAL_TENANT_ID": "t", "PORTAL_CLIENT_ID": "c"}
        | {"PORTAL_CLIENT_CERTIFICATE": given}
    )

    assert chosen.client_certificate == given.strip()


def test_the_key_of_an_application_is_written_nowhere(whole: str) -> None:
    program = (
        "import os, sys\nfrom portal import config\nwritten = []\n"
        "note = lambda name, told: name == 'open' and written.append(told[:2])\n"
        "sys.addaudithook(note)\nconfig.read(os.environ)\n"
        "print([path for path, mode in written if 'r' not in (mode or 'w')])"
    )
    given = {f"PORTAL_{name}": value for name, value in IDS.items()}
    more = given | {"PORTAL_CLIENT_CERTIFICATE": whole, "PYTHONDONTWRITEBYTECODE": "1"}

    ran = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | more,
        capture_output=True,
        check=True,
    )

    assert ran.stdout.decode().strip() == "[]"


def test_a_certificate_that_is_none_is_refused(broken: str) -> None:
    application = wrong(**IDS, CLIENT_CERTIFICATE=broken)
    door = wrong(SMTP_CERTIFICATE=broken)

    assert application == f"PORTAL_CLIENT_CERTIFICATE must hold {A_PEM}"
    assert door == RENEWABLE


def test_an_application_has_its_certificate_in_no_path(
    whole: str, own: SelfSigned, tmp_path: Path
) -> None:
    path, _ = own.write(tmp_path)
    path.write_text(whole)

    told = wrong(**IDS, CLIENT_CERTIFICATE=str(path))

    assert told == f"PORTAL_CLIENT_CERTIFICATE must hold {A_PEM}"


@pytest.mark.parametrize("name", ["SMTP_CERTIFICATE", "SMTP_CERTIFICATE_FILE"])
@pytest.mark.parametrize("given", ["/nowhere/geheim.pem", "/", "geheim" * 1000])
def test_a_file_of_the_door_may_be_there_for_the_door_alone(
    name: str, given: str
) -> None:
    assert config.read({f"PORTAL_{name}": given}).smtp_certificate == given


def test_a_certificate_of_the_door_is_given_once(whole: str) -> None:
    told = wrong(SMTP_CERTIFICATE=whole, SMTP_CERTIFICATE_FILE="/nowhere")

    assert told.startswith("PORTAL_SMTP_CERTIFICATE is set twice; ")


def test_only_the_door_needs_what_it_shows() -> None:
    assert config.read({"PORTAL_SMTPS_BIND": "127.0.0.1:465"}).smtps_bind


def test_what_a_part_uses_is_judged_with_all_else() -> None:
    def refuse(_: Config) -> None:
        raise ConfigError("PORTAL_SMTPS_BIND is wrong here.")

    with pytest.raises(ConfigError) as told:
        config.read({"PORTAL_WORKERS": "0"}, checks=[refuse])

    workers, bind = str(told.value).splitlines()
    assert workers.startswith("PORTAL_WORKERS must be ")
    assert bind == "PORTAL_SMTPS_BIND is wrong here."


@pytest.mark.parametrize("given", ["/nowhere/geheim.pem", "/", "geheim" * 1000])
def test_authorities_are_there(given: str) -> None:
    told = wrong(CA_BUNDLE=given)

    assert told == (
        "PORTAL_CA_BUNDLE must name a file with certificates of authorities, as PEM."
    )


def test_authorities_are_not_read_by_whoever_connects_to_nobody(tmp_path: Path) -> None:
    path = tmp_path / "authorities.pem"
    path.write_text("geheim")

    assert config.read({"PORTAL_CA_BUNDLE": str(path)}).ca_bundle == path


@pytest.mark.parametrize("content", ["", "geheim", "-----BEGIN CERTIFICATE-----"])
def test_authorities_are_judged_for_whoever_connects(
    content: str, tmp_path: Path
) -> None:
    path = tmp_path / "authorities.pem"
    path.write_text(content)

    with pytest.raises(ConfigError, match="^PORTAL_CA_BUNDLE must name ") as told:
        config.read({"PORTAL_CA_BUNDLE": str(path)}, checks=[net.check])

    assert "geheim" not in str(told.value)


def test_one_authority_of_ones_own_will_do(own: SelfSigned, tmp_path: Path) -> None:
    path, _ = own.write(tmp_path)

    chosen = config.read({"PORTAL_CA_BUNDLE": str(path)}, checks=[net.check])

    assert chosen.ca_bundle == path
