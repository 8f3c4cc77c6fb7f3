"""What is asked of an SQLite database that nobody here has opened."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from portal.db import copies
from portal.errors import NotAllowed

USED = "SELECT 1 FROM canary"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Make a database that has been used."""
    made = tmp_path / "portal.db"
    with closing(sqlite3.connect(made)) as opened, opened:
        opened.execute("CREATE TABLE canary (seal)")
        opened.execute("INSERT INTO canary VALUES ('')")
    return made


def test_a_table_that_is_not_there_has_no_rows(path: Path) -> None:
    assert copies.ask(path, "SELECT 1 FROM backup") == []
    assert copies.ask(path, USED) == [(1,)]


def test_what_is_locked_is_not_taken_for_unused(path: Path) -> None:
    with closing(sqlite3.connect(path)) as owner:
        owner.execute("BEGIN EXCLUSIVE")

        with pytest.raises(NotAllowed, match="is locked"):
            copies.ask(path, USED)
