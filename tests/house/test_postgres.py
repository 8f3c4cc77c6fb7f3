"""The PostgreSQL of the tests starts from whatever there is, and leaves nothing."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import OperationalError

from tests import postgres

THINGS = "SELECT count(*) FROM pg_largeobject_metadata"


def ask(url: str, question: str) -> Any:
    with create_engine(url, poolclass=NullPool).begin() as connection:
        return connection.execute(text(question)).scalar_one()


def test_a_test_gets_a_database_of_its_own(postgres_server: postgres.Server) -> None:
    with postgres_server.database() as one, postgres_server.database() as two:
        ask(one, "SELECT lo_create(0)")
        things = [ask(url, THINGS) for url in (one, two)]

    assert things == [1, 0]


def test_a_database_is_gone_after_its_test(postgres_server: postgres.Server) -> None:
    with postgres_server.database() as url:
        assert ask(url, "SELECT 1") == 1

    with pytest.raises(OperationalError, match="does not exist"):
        ask(url, "SELECT 1")


def test_a_database_goes_even_while_somebody_uses_it(
    postgres_server: postgres.Server,
) -> None:
    with postgres_server.database() as url:
        connection = create_engine(url, poolclass=NullPool).connect()
        connection.execute(text("SELECT 1"))

    with pytest.raises(OperationalError, match="terminat"):
        connection.execute(text("SELECT 1"))
    connection.close()


def test_a_server_runs_from_a_folder_only_we_can_enter(tmp_path: Path) -> None:
    package = postgres.packaged().parent.parent
    for part in (package.name, f"{package.name}.libs"):
        (tmp_path / part).symlink_to(package.with_name(part))
    tmp_path.chmod(0o700)
    hidden = tmp_path / postgres.packaged().relative_to(package.parent)

    with postgres.serve(hidden) as server, server.database() as url:
        version = ask(url, "SHOW server_version_num")

    assert int(version) >= 180000
    assert not server.room.exists()


def test_binaries_that_are_named_win(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PG_BIN", str(tmp_path))

    assert postgres.find() == tmp_path


def test_the_package_helps_out_where_none_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("PG_BIN", raising=False)

    assert (postgres.find() / "initdb").exists()
