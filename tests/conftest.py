"""What every test finds laid out: a clean environment, and a PostgreSQL if it asks."""

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import hypothesis
import pytest
from playwright.sync_api import Browser
from sqlalchemy import text

from portal import clock, config, db, migrations, vault
from portal.config import Config
from portal.intake import knocks
from portal.issuer import identity
from portal.workspace import house as open_house
from tests import dialects, postgres, routes, templates
from tests.browser.browser import launched
from tests.sandbox.serving import Sandbox, serve
from tests.trip import connect

TABLES = (
    "SELECT quote_ident(tablename) FROM pg_tables"
    " WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
)

Passing = Callable[..., None]

# How long an example takes says more about the machine than about us.
# Nor does it try the same ones each time in CI, as the library would have it there.
USUAL = hypothesis.settings.get_profile("default")
hypothesis.settings.register_profile("house", USUAL, deadline=None)
hypothesis.settings.load_profile("house")
dialects.register()
templates.register()
routes.register()


def pytest_collection_finish() -> None:
    """Look for garbage seldom, and never among what all tests share.

    Every test lays out a world and takes it down: a fifth of its time went into looking
    for what stands in circles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@pytest.fixture(scope="session", autouse=True)
def clean_environment() -> Iterator[None]:
    """Forget what this machine has set: tests say what they want."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith("PORTAL_") or name.lower().endswith("_proxy"):
                patch.delenv(name)
        yield


@pytest.fixture(autouse=True)
def known_to_nobody() -> None:
    """Forget what a Microsoft of another test said: the next may have its address."""
    identity.forget()


@pytest.fixture(autouse=True)
def no_wrong_keys() -> None:
    """Forget the wrong keys of other tests, which come from here as well."""
    knocks.forget()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """Run one PostgreSQL for all the tests of this process."""
    with postgres.serve() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: postgres.Server) -> Iterator[str]:
    """Hand out the URL of an empty PostgreSQL database."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an SQLite file that holds the schema and nothing else, to be copied."""
    path = tmp_path_factory.mktemp("blank") / "portal.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_blank(postgres_server: postgres.Server) -> Iterator[str]:
    """Make a PostgreSQL database with the schema, to be emptied for each test."""
    with postgres_server.database() as url:
        upgrade(url)
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start one Chromium for all the tests of this process."""
    with launched() as browser:
        yield browser


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Config]:
    """Hand out settings of this test's own, and let the process use them."""
    chosen = config.read({"PORTAL_INSTANCE": str(tmp_path / "instance")})
    config.use(chosen)
    yield chosen
    config.use(chosen)


@pytest.fixture
def house(settings: Config, blank: Path) -> Iterator[Config]:
    """Open a house: an empty SQLite database with its schema and its key."""
    settings.instance.mkdir()
    shutil.copy(blank, settings.instance)
    open_house.open_up(settings)
    yield settings
    close()


@pytest.fixture
def postgres_house(settings: Config, postgres_blank: str) -> Iterator[Config]:
    """Open a house on an empty PostgreSQL database."""
    empty(postgres_blank)
    chosen = replace(settings, database_url=postgres_blank)
    config.use(chosen)
    open_house.open_up(chosen)
    yield chosen
    close()


@pytest.fixture(params=["sqlite", "postgresql"])
def either_house(request: pytest.FixtureRequest) -> Config:
    """Open a house on SQLite, then one on PostgreSQL: stores hold on both."""
    name = "house" if request.param == "sqlite" else "postgres_house"
    opened: Config = request.getfixturevalue(name)
    return opened


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> Passing:
    """Stop the clock, and let time pass when told how much: passes(seconds=5)."""
    now = [clock.now()]
    monkeypatch.setattr(clock, "now", lambda: now[0])

    def pass_(**duration: float) -> None:
        now[0] += timedelta(**duration)

    return pass_


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every look at a stopwatch find that a minute is over."""
    looks = count(clock.seconds(), 60)
    monkeypatch.setattr(clock, "seconds", lambda: next(looks))


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no look at a stopwatch find that any time is over."""
    now = clock.seconds()
    monkeypatch.setattr(clock, "seconds", lambda: now)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Serve a Microsoft of this test's own."""
    with serve() as served:
        yield served


@pytest.fixture
def contoso(house: Config, sandbox: Sandbox) -> Config:
    """Open a house that is registered with Contoso and connected as its admin."""
    chosen = replace(house, login_url=sandbox.url, graph_url=sandbox.url)
    config.use(chosen)
    connect(sandbox, "admin@contoso.example")
    return chosen


def upgrade(url: str) -> None:
    """Bring an empty database to the newest schema."""
    with db.connect(url).begin() as connection:
        migrations.upgrade(connection)
    db.disconnect()


def empty(url: str) -> None:
    """Take every row out of a PostgreSQL database.

    Not TRUNCATE: it makes new files, which takes fifty times as long as few rows do.
    """
    with db.connect(url).begin() as connection:
        names = connection.scalars(text(TABLES)).all()
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("; ".join(f"DELETE FROM {name}" for name in names)))
    db.disconnect()


def close() -> None:
    """Leave nothing of a house in this process."""
    db.disconnect()
    vault.lock()
    clock.go_by(datetime.now(UTC))
