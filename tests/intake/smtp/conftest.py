"""An open SMTP door, of a house that sends as Ann."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.config import Config
from tests.intake.smtp.talking import ANN, Door, Talk, listening, pem
from tests.workspace import grants


@pytest.fixture
def door(house: Config) -> Iterator[Door]:
    grants.send_as(ANN)
    with listening(house) as opened:
        yield opened


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write a certificate with its key."""
    path = tmp_path / "door.pem"
    path.write_text(pem())
    return path


@pytest.fixture
def talk(door: Door) -> Iterator[Talk]:
    """Stand at the door, not signed in yet."""
    with Talk(door) as begun:
        yield begun


@pytest.fixture
def known(talk: Talk) -> Talk:
    """Stand at the door with a key that was shown."""
    assert talk.sign_in().startswith("235 2.7.0 ")
    return talk
