"""`portal setup-link`: it stands alone, and the newest one serves."""

from dataclasses import replace

from portal import config, db
from portal.config import Config
from portal.errors import NotFound
from portal.sandbox.seeds import CLIENT_SECRET, TENANT_ID
from portal.workspace.people import setup_links
from tests.commands.registering import IDS, OTHER, wrong
from tests.terminal import portal


def test_a_setup_link_stands_alone_on_standard_output(house: Config) -> None:
    ran = portal("setup-link")

    (address,) = ran.out.splitlines()
    assert ran.code == 0
    assert ran.err.count("\n") == 1
    assert address.startswith("http://localhost:5000/setup/")
    assert serves(address)


def test_a_newer_setup_link_ends_an_older_one(house: Config) -> None:
    old, new = (portal("setup-link").out.strip() for _ in range(2))

    assert (serves(old), serves(new)) == (False, True)


def test_a_setup_link_ends_when_the_application_is_registered(near: Config) -> None:
    address = portal("setup-link").out.strip()

    portal("register", *IDS, "--secret", CLIENT_SECRET)

    assert not serves(address)


def test_there_is_nothing_to_set_up_where_the_environment_says_it(
    near: Config,
) -> None:
    named = replace(near, tenant_id=TENANT_ID, client_id=OTHER, client_secret="x")
    config.use(named)

    assert "PORTAL_CLIENT_ID" in wrong(portal("setup-link"), 2)


def serves(address: str) -> bool:
    """Tell whether a setup link opens the page."""
    try:
        with db.reading() as session:
            setup_links.check(session, address.rpartition("/")[2])
    except NotFound:
        return False
    return True
