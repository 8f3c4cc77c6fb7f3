"""Changes of an account that meet in PostgreSQL, each wanting what the other has."""

import subprocess

import pytest

from portal import config, db
from portal.config import Config
from portal.mail.lanes import FeedRow
from portal.workspace import accounts, switch
from portal.workspace.accounts import AccountRow
from portal.workspace.accounts.servers import HERE
from portal.workspace.consent import submission
from tests.commands.relaying import add
from tests.delivery.crossing import ORDERS, cross
from tests.processes import COMMAND, environ
from tests.trip import ANN


def found() -> accounts.Account:
    with db.reading() as session:
        return accounts.find(session, "relay")


def pace() -> None:
    """Set an account as another machine would."""
    here = config.current()
    words = ("accounts", "set", "relay", "--per-minute=5", f"--reply-to={ANN}")
    given = environ(here.instance) | {"PORTAL_DATABASE_URL": here.database_url}
    subprocess.run([*COMMAND, *words], env=given, check=True, capture_output=True)


def switch_off() -> None:
    with db.session() as session:
        switch.off(session, found())


def make_default() -> None:
    with db.session() as session:
        accounts.make_default(session, found())


def move() -> None:
    with db.session() as session:
        account = accounts.lock(session, found().id)
        submission.move(session, account, HERE)


@pytest.mark.parametrize("order", ORDERS)
def test_an_account_is_set_while_it_is_switched_off(
    postgres_house: Config, order: tuple[int, int]
) -> None:
    add()
    deeds = (pace, switch_off)

    cross(FeedRow, *[deeds[each] for each in order])

    assert not found().enabled
    assert found().letterhead.reply_to == ANN


@pytest.mark.parametrize("order", ORDERS)
def test_an_account_moves_while_it_becomes_the_default(
    postgres_house: Config, order: tuple[int, int]
) -> None:
    add()
    deeds = (move, make_default)

    cross(AccountRow, *[deeds[each] for each in order])

    assert found().is_default
