"""The PostgreSQL of the tests starts from whatever there is, and leaves nothing."""

from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text

from tests import postgres


def test_a_test_gets_a_database_of_its_own(postgres_server: postgres.Server) -> None:
    with postgres_server.database() as one, postgres_server.database() as two:
        with create_engine(one).begin() as connection:
            connection.execute(text("CREATE TABLE thing (id int)"))
        with create_engine(two).connect() as connection:
            tables = connection.execute(
                text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
            ).scalar_one()

    assert one != two
    assert tables == 0


def test_a_database_is_gone_after_its_test(postgres_server: postgres.Server) -> None:
    with postgres_server.database() as url:
        engine = create_engine(url)
        left_open = engine.connect()

    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url.replace("+psycopg", ""))
    left_open.invalidate()
    left_open.close()
    engine.dispose()


def test_a_server_runs_from_a_folder_only_we_can_enter(tmp_path: Path) -> None:
    package = postgres.packaged().parent.parent
    for part in (package.name, f"{package.name}.libs"):
        (tmp_path / part).symlink_to(package.with_name(part))
    tmp_path.chmod(0o700)
    hidden = tmp_path / postgres.packaged().relative_to(package.parent)

    with postgres.serve(hidden) as server, server.database() as url:
        asked = psycopg.connect(url.replace("+psycopg", ""))
        version = asked.info.server_version
        asked.close()

    assert version >= 180000
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
