"""When a certificate ends is read from the certificate itself."""

from datetime import timedelta
from pathlib import Path

import pytest

from portal import clock
from portal.net import certificate
from tests.microsoft import certificates

DAY = timedelta(days=1)


@pytest.mark.parametrize("key_first", [True, False])
def test_it_ends_as_it_says_wherever_its_key_stands(key_first: bool) -> None:
    own = certificates.self_signed(days=20)
    parts = [own.key, own.certificate] if key_first else [own.certificate, own.key]

    ends_at = certificate.ends_at(b"".join(parts).decode())

    assert ends_at is not None
    assert 19 * DAY < ends_at - clock.now() < 20 * DAY


def test_of_a_chain_the_first_one_counts() -> None:
    own, issuer = certificates.self_signed(days=3), certificates.self_signed(days=300)

    ends_at = certificate.ends_at((own.certificate + issuer.certificate).decode())

    assert ends_at is not None
    assert ends_at - clock.now() < 3 * DAY


def test_a_file_is_read_where_it_lies(tmp_path: Path) -> None:
    path, _ = certificates.self_signed().write(tmp_path)

    assert certificate.ends_at(str(path)) == certificate.ends_at(path.read_text())
    assert certificate.ends_at(str(path)) is not None


@pytest.mark.parametrize(
    "given", ["", "/nowhere/door.pem", "-----BEGIN CERTIFICATE-----\nAAAA", "\0"]
)
def test_what_cannot_be_read_has_no_end_that_is_known(given: str) -> None:
    assert certificate.ends_at(given) is None
