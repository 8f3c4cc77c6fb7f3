"""Secrets of the environment: given once, in a file or not, and shown nowhere."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from portal import config
from portal.errors import ConfigError
from tests.environment import APPLICATION, KEYS, KNOWN, wrong

SECRETS = (
    "DATABASE_URL",
    "KEYS",
    "CLIENT_SECRET",
    "CLIENT_CERTIFICATE",
    "PROXY",
    "SMTP_CERTIFICATE",
    "METRICS_TOKEN",
    "ALERT_WEBHOOK",
)


def test_a_day_on_which_a_secret_ends_needs_the_secret() -> None:
    told = wrong(CLIENT_SECRET_EXPIRES="2031-12-31")

    assert told == "PORTAL_CLIENT_SECRET_EXPIRES needs PORTAL_CLIENT_SECRET."


# The door's certificate is read anew when its file changes, so the path is kept.
ELSEWHERE = ("SMTP_CERTIFICATE", "ALERT_WEBHOOK", "CLIENT_CERTIFICATE")
SHAPED = {
    "DATABASE_URL": "sqlite:////srv/mail.db",
    "KEYS": KEYS[0],
    "PROXY": "http://user:geheim@proxy.example",
}
IN_FILES = [name for name in SECRETS if name not in ELSEWHERE]


def test_a_secret_that_may_change_is_read_where_it_is_used(tmp_path: Path) -> None:
    path = tmp_path / "door.pem"
    path.write_text("the secret\n")

    chosen = config.read({"PORTAL_SMTP_CERTIFICATE_FILE": str(path)})

    assert chosen.smtp_certificate == str(path)


@pytest.mark.parametrize("name", IN_FILES)
def test_a_secret_may_lie_in_a_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    secret = SHAPED.get(name, "the secret")
    path.write_text(f"  {secret}\n")
    rest = {"PORTAL_TENANT_ID": "t", "PORTAL_CLIENT_ID": "c"}
    environ = {f"PORTAL_{name}_FILE": str(path)}
    chosen = config.read(environ | (rest if name.startswith("CLIENT") else {}))

    value: Any = getattr(chosen, name.lower())

    assert value == ((secret,) if name == "KEYS" else secret)


def test_a_webhook_may_lie_in_a_file_and_be_opened_by_its_query(
    tmp_path: Path,
) -> None:
    path, url = tmp_path / "hook", "https://alerts.contoso.example/x?sig=geheim"
    path.write_text(f"{url}\n")

    chosen = config.read({"PORTAL_ALERT_WEBHOOK_FILE": str(path)})

    assert chosen.alert_webhook == url


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_given_twice_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("from the file")

    told = wrong(**{name: "geheim", f"{name}_FILE": str(path)})

    assert f"PORTAL_{name} is set twice" in told
    assert "geheim" not in told


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "cannot be read (FileNotFoundError)"),
        (b"\xff\xfe\x00", "cannot be read (UnicodeDecodeError)"),
        (b" \n", "names an empty file"),
    ],
)
def test_a_file_without_a_secret_is_refused(
    content: bytes | None, fault: str, tmp_path: Path
) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)

    assert wrong(KEYS_FILE=str(path)) == f"PORTAL_KEYS_FILE {fault}."


@pytest.mark.parametrize("left_out", APPLICATION)
def test_half_an_application_is_refused(left_out: str) -> None:
    half = {name: value for name, value in APPLICATION.items() if name != left_out}

    with pytest.raises(ConfigError, match="set all or none") as error:
        config.read(half)

    assert "geheim" not in str(error.value)


def test_a_secret_and_a_certificate_exclude_each_other() -> None:
    told = wrong(CLIENT_SECRET="geheim", CLIENT_CERTIFICATE="geheim")

    assert "exclude each other" in told
    assert "set all or none" in told
    assert "geheim" not in told


def test_no_secret_shows_in_settings() -> None:
    secrets = replace(
        config.read(KNOWN),
        client_certificate="geheim",
        smtp_certificate="geheim",
        keys=("geheim",),
    )

    assert "geheim" not in repr(secrets)
