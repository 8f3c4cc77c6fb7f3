"""`portal up`: what it will not run beside, and why; and what it says comes next."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from portal import db
from portal.config import Config
from portal.workspace import registration
from portal.workspace.people import setup_links
from tests.journeys.running import eventually
from tests.microsoft.cast import registration as known
from tests.processes import environ, started


def refusal(settings: Mapping[str, str]) -> str:
    """Return the one line with which it ends."""
    with started({**settings}, "up", "--sandbox") as up:
        assert up.process.wait(30) == 2
    (line,) = up.said().splitlines()
    return line


def test_the_sandbox_is_for_this_machine_alone(house: Config) -> None:
    settings = environ(house.instance) | {"PORTAL_SANDBOX_BIND": "0.0.0.0:5050"}

    assert refusal(settings).startswith("portal: PORTAL_SANDBOX_BIND must be ")


@pytest.mark.parametrize("part", ["up", "web", "worker"])
def test_who_connects_needs_authorities(part: str, tmp_path: Path) -> None:
    path = tmp_path / "authorities.pem"
    path.touch()
    settings = environ(tmp_path / "x") | {"PORTAL_CA_BUNDLE": str(path)}

    with started(settings, part) as it:
        assert it.process.wait(30) == 2

    assert it.said().startswith("portal: PORTAL_CA_BUNDLE must name ")


def test_the_sandbox_does_not_stand_in_for_a_real_organization(house: Config) -> None:
    real = known("https://login.microsoftonline.com", client_id="another")
    with db.session() as session:
        registration.register(session, real, admin=None, replace=False)

    assert "PORTAL_INSTANCE" in refusal(environ(house.instance))


def test_where_nothing_is_registered_a_setup_link_comes_next(house: Config) -> None:
    with started(environ(house.instance), "up") as up:
        eventually(lambda: "Next " in up.said())
        said = up.said()

    address = said.splitlines()[-1].removeprefix("Next         ")
    base, _, secret = address.rpartition("/")
    assert base == f"http://localhost:{up.port}/setup"
    with db.reading() as session:
        setup_links.check(session, secret)
