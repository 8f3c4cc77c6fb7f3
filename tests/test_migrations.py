"""The schema: what is migrated is what the code means, however many start at once."""

import multiprocessing
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.synchronize import Barrier

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config as Alembic
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from portal import app, db, migrations, vault
from portal.config import Config
from portal.errors import Answer, ConfigError
from portal.mail import journal
from portal.watch import rounds
from portal.workspace import accounts, audit
from portal.workspace import house as open_house
from tests.conftest import close, upgrade

PROCESSES = 4


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(
    request: pytest.FixtureRequest, settings: Config
) -> Iterator[Config]:
    """Hand out settings that name a database without a single table."""
    settings.instance.mkdir()
    if request.param == "sqlite":
        yield settings
    else:
        yield replace(settings, database_url=request.getfixturevalue("postgres_url"))
    close()


def test_the_schema_is_what_the_tables_say(either_house: Config) -> None:
    # Whoever puts the house together knows all its tables.
    assert callable(app.create_app)
    assert rounds.DUTIES  # which the worker alone needs

    with db.engine().connect() as connection:
        found = compare_metadata(
            MigrationContext.configure(connection, opts={"compare_type": True}),
            db.Table.metadata,
        )

    assert found == []


def test_partial_indexes_have_their_conditions(either_house: Config) -> None:
    listing = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'index'",
        "postgresql": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    }[db.engine().dialect.name]
    with db.reading() as session:
        texts = session.scalars(text(listing)).all()

    conditions = {
        name: next(t for t in texts if t and name in t)
        .partition(" WHERE ")[2]
        .strip("()")
        for name in (
            "ix_message_waiting",
            "ix_message_leased",
            "ix_message_overdue",
            "uq_connection_in_use",
        )
    }
    assert conditions == {
        "ix_message_waiting": "due_at IS NOT NULL",
        "ix_message_leased": "claim IS NOT NULL",
        "ix_message_overdue": "overdue_at IS NOT NULL",
        "uq_connection_in_use": "retired_at IS NULL",
    }


def test_the_head_we_name_is_the_head_there_is() -> None:
    settings = Alembic()
    settings.set_main_option("script_location", migrations.SCRIPTS)

    assert ScriptDirectory.from_config(settings).get_current_head() == migrations.HEAD


def test_an_empty_database_has_no_version(empty_database: Config) -> None:
    with db.connect(empty_database.database_url).connect() as connection:
        assert migrations.version(connection) is None


def test_upgrading_twice_changes_nothing(either_house: Config) -> None:
    with db.engine().begin() as connection:
        migrations.upgrade(connection)

        assert migrations.version(connection) == migrations.HEAD


def test_a_newer_schema_is_refused_and_left_alone(empty_database: Config) -> None:
    open_house.open_up(empty_database)
    with db.session() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(ConfigError, match="newer version"):
        open_house.open_up(empty_database)

    assert not vault.unlocked()
    with db.engine().connect() as connection:
        assert migrations.version(connection) == "9999"


def test_four_processes_may_open_an_empty_database_at_once(
    empty_database: Config,
) -> None:
    assert opened_together(empty_database) == [0] * PROCESSES


def test_four_processes_may_found_a_house_at_once(empty_database: Config) -> None:
    upgrade(empty_database.database_url)

    assert opened_together(empty_database) == [0] * PROCESSES


def opened_together(settings: Config) -> list[int | None]:
    """Open a house in processes of their own; return how they ended."""
    context = multiprocessing.get_context("fork")
    ready = context.Barrier(PROCESSES)
    opening = [
        context.Process(target=open_together, args=(settings, ready))
        for _ in range(PROCESSES)
    ]
    for each in opening:
        each.start()
    for each in opening:
        each.join()
    return [each.exitcode for each in opening]


def open_together(settings: Config, ready: Barrier) -> None:
    ready.wait()
    open_house.open_up(settings)
    assert vault.unlocked()
    with db.reading() as session:
        assert len(accounts.every(session)) == 1


def test_what_others_said_before_an_upgrade_can_be_looked_for(
    empty_database: Config,
) -> None:
    with db.connect(empty_database.database_url).begin() as connection:
        migrate(connection, "0009")
        connection.execute(text(SAID))

    open_house.open_up(empty_database)

    with db.reading() as session:
        [(_, line)] = journal.latest(session, 1)
    assert line.cause == "no-send-as"
    assert line.answer == Answer(
        status=403, code="ErrorSendAsDenied", text="No.", request_id="r1"
    )


SAID = """
INSERT INTO journal (id, at, event, attempt, reason, detail)
VALUES (1, '2026-11-20 14:31:52', 'failed', 1, '', '{"cause": "no-send-as",
"status": 403, "code": "ErrorSendAsDenied", "text": "No.", "request_id": "r1"}')
"""


def test_where_sign_ins_came_back_to_stays_known(empty_database: Config) -> None:
    with db.connect(empty_database.database_url).begin() as connection:
        migrate(connection, "0014")
        connection.execute(text(CAME_BACK))

    with db.connect(empty_database.database_url).begin() as connection:
        migrate(connection, "0015")
        connection.execute(text(CAME_BACK.replace("'sales'", "'support'")))
        found = connection.execute(text("SELECT origin FROM redirect ORDER BY origin"))

        assert found.scalars().all() == ["sales", "support"]


CAME_BACK = """
INSERT INTO redirect (uri, origin, at)
VALUES ('https://x/callback/google', 'sales', '2026-11-20 14:31:52')
"""


def test_two_entries_of_one_decision_become_one(empty_database: Config) -> None:
    with db.connect(empty_database.database_url).begin() as connection:
        migrate(connection, "0021")
        connection.execute(text(COUNTED))

    open_house.open_up(empty_database)

    with db.reading() as session:
        found = [each.subject for each in audit.page(session, None, 9)]
    assert found == ["alone", "alone", "5: more", "3: all"]


COUNTED = """
INSERT INTO audit (id, at, actor, action, subject, decision, times) VALUES
(1, '2026-11-20 14:31:52', 'Ann', 'x', 'all', '01939d2a7f5e7c118a629c1f2f1d0a77', 1),
(2, '2026-11-20 14:31:52', 'Ann', 'x', 'all', '01939d2a7f5e7c118a629c1f2f1d0a77', 2),
(3, '2026-11-20 14:31:53', 'Ann', 'x', 'more', '01939d2a7f5e7c118a629c1f2f1d0a77', 5),
(4, '2026-11-20 14:31:54', 'Ann', 'x', 'alone', NULL, 0),
(5, '2026-11-20 14:31:54', 'Ann', 'x', 'alone', NULL, 0)
"""


def migrate(connection: Connection, version: str) -> None:
    """Bring a schema to a version that is not the newest."""
    settings = Alembic()
    settings.set_main_option("script_location", migrations.SCRIPTS)
    settings.attributes["connection"] = connection
    command.upgrade(settings, version)


def test_a_change_of_the_schema_waits_as_long_as_it_takes(
    postgres_house: Config,
) -> None:
    with db.engine().begin() as connection:
        migrations.upgrade(connection)

        assert connection.scalar(text("SHOW lock_timeout")) == "0"
