"""A database that is away, or none: told in a sentence, without its password."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from portal import db
from portal.config import Config
from portal.errors import ConfigError, DatabaseAway
from tests.backends import backend
from tests.conftest import close


def reach(engine: Engine) -> None:
    with db.reachable(), engine.connect():
        """Nobody comes here."""


def test_a_server_that_forgot_a_connection_is_asked_on_a_new_one(
    postgres_house: Config,
) -> None:
    with db.reading() as one, db.reading() as other:
        gone = one.execute(text("SELECT pg_backend_pid()")).scalar_one()
        other.execute(text("SELECT 1"))
        one.rollback()
        other.execute(text(f"SELECT pg_terminate_backend({gone})"))

    assert backend() != gone
    assert db.answers()


@pytest.mark.parametrize(
    "url",
    [
        "geheim",
        "postgresql+psycopg://user:geheim@host:port/mail",
        "postgresql+psycopg://user:ge@he:geheim@host/mail",
        "postgresql+nothing://user:geheim@host/mail",
        "mysql://user:geheim@host/mail",
        "",
    ],
)
def test_an_address_that_is_none_is_refused_and_not_quoted(url: str) -> None:
    with pytest.raises(ConfigError) as error:
        db.connect(url)

    assert error.value.__cause__ is None
    assert "geheim" not in str(error.value)
    assert not db.connected()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://user:geheim@127.0.0.1:1/mail",
        "sqlite:////nowhere/portal.db",
        "sqlite:////",
    ],
)
def test_a_database_that_is_not_there_is_told_without_its_password(url: str) -> None:
    engine = db.connect(url)

    with pytest.raises(DatabaseAway, match="cannot be opened") as error:
        reach(engine)

    assert "geheim" not in str(error.value)
    assert not db.answers()
    close()


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "portal.db"
    path.write_bytes(b"A letter to my aunt, kept in the wrong place. " * 100)
    engine = db.connect(f"sqlite:///{path}")

    with pytest.raises(DatabaseAway, match="cannot be opened"):
        reach(engine)

    assert path.read_bytes().startswith(b"A letter")
    close()


def test_a_mistake_of_ours_is_not_taken_for_a_database_that_is_away(
    house: Config,
) -> None:
    with pytest.raises(IntegrityError), db.reachable(), db.session() as session:
        session.execute(text("INSERT INTO canary (id) VALUES (1)"))


def test_a_database_that_goes_away_says_to_try_again(postgres_house: Config) -> None:
    with pytest.raises(DatabaseAway), db.session() as session:
        session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    assert db.answers()


def test_a_database_that_is_not_there_says_to_try_again() -> None:
    db.connect("postgresql+psycopg://user:geheim@127.0.0.1:1/mail")

    for opening in (db.session, db.reading):
        with pytest.raises(DatabaseAway) as error, opening() as session:
            session.execute(text("SELECT 1"))
        assert "geheim" not in str(error.value)
    close()


def test_without_a_database_there_is_no_session() -> None:
    with pytest.raises(ConfigError, match="No database"), db.session():
        """Nobody comes here."""
