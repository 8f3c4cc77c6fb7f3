"""What the sandbox remembers, and what it lets go."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from portal.sandbox.store import VERSION, Store


@pytest.fixture
def store() -> Iterator[Store]:
    """Open a store that ends with the test."""
    with closing(Store(None)) as store:
        yield store


def test_a_file_of_another_version_is_emptied(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    with closing(sqlite3.connect(path)) as old:
        old.execute("CREATE TABLE files (content BLOB)")
        old.execute("CREATE TABLE settings (name TEXT)")
        old.execute(f"PRAGMA user_version = {VERSION - 1}")

    with closing(Store(path)) as store:
        store.keep("name", "value")

    with closing(Store(path)) as store:
        assert store.setting("name") == "value"
        assert store.ask("SELECT owner FROM files") == []


def keep_and_fail(store: Store) -> None:
    """Do something within two transactions, of which the outer one fails."""
    with store.transaction():
        with store.transaction():
            store.keep("name", "value")
        raise ZeroDivisionError


def test_a_transaction_within_another_is_a_part_of_it(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        keep_and_fail(store)

    assert store.setting("name") is None
