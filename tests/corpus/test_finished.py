"""Every mail of the corpus, through each door, by the roads that carry it whole."""

import shutil
import subprocess
from pathlib import Path

import pytest

from portal.config import Config
from tests.absent import lacking
from tests.corpus import journey, mails, sealed, unchanged
from tests.sandbox.serving import Sandbox


def test_there_are_enough_of_them() -> None:
    assert len(mails.every()) >= mails.LEAST


@pytest.mark.parametrize("road", ["own", "draft"])
@pytest.mark.parametrize("door", [journey.http, journey.command])
def test_a_mail_arrives_byte_for_byte(
    house: Config, sandbox: Sandbox, door: journey.Opening, road: str
) -> None:
    sender = journey.connected(road, house, sandbox)
    brought = mails.sent_from(mails.every(), sender)

    arrived = journey.travelled(brought, door(), sandbox)

    changed = {
        name: what
        for name, raw in brought.items()
        if (what := unchanged.difference(raw, arrived[name]))
    }
    assert changed == {}


@pytest.mark.parametrize("road", ["own", "draft"])
def test_a_parsed_mail_says_the_same_when_it_arrives(
    house: Config, sandbox: Sandbox, road: str
) -> None:
    sender = journey.connected(road, house, sandbox)
    brought = mails.sent_from(mails.every(), sender)

    arrived = journey.travelled(brought, journey.hook(), sandbox)

    changed = {
        name: what
        for name, raw in brought.items()
        if (what := unchanged.meaning(raw, arrived[name]))
    }
    assert changed == {}


def test_what_was_signed_and_encrypted_is_so_still(
    house: Config, sandbox: Sandbox, tmp_path: Path
) -> None:
    sender = journey.connected("own", house, sandbox)
    brought = mails.sent_from(sealed.mails(), sender)

    arrived = journey.travelled(brought, journey.http(), sandbox)

    sources = {name: each.source or b"" for name, each in arrived.items()}
    assert sealed.opened(sources[sealed.ENVELOPED]) == sealed.SECRET
    for name in sealed.SIGNED:
        assert signed(sources[name], tmp_path) == sealed.SECRET


def signed(raw: bytes, folder: Path) -> bytes:
    """Return what was signed, if the signature is good; whoever made it."""
    openssl = shutil.which("openssl")
    if openssl is None:
        lacking("openssl is not installed, and nothing else here reads S/MIME.")
    mail, content = folder / "mail", folder / "content"
    mail.write_bytes(raw)
    subprocess.run(
        [openssl, "cms", "-verify", "-noverify", "-in", mail, "-out", content],
        check=True,
        capture_output=True,
    )
    return content.read_bytes()
