"""Databases whose SQL is compiled once a process, and not again for every engine.

A test has an engine of its own, and SQLAlchemy forgets with an engine what it compiled.
Here two dialects of a kind count as one.
"""

from typing import Any, ClassVar

from sqlalchemy import Engine
from sqlalchemy.dialects import registry as known
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite


class Remembering:
    """Finds what another of its kind compiled."""

    compiled: ClassVar[dict[Any, Any]] = {}

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        """Named by SQLAlchemy."""
        engine.update_execution_options(compiled_cache=cls.compiled)


class SQLite(Remembering, SQLiteDialect_pysqlite):
    """SQLite, as the standard library speaks it."""

    supports_statement_cache = True


class PostgreSQL(Remembering, PGDialect_psycopg):
    """PostgreSQL, as psycopg speaks it."""

    supports_statement_cache = True


def register() -> None:
    """Let every engine from now on be one of these."""
    known.register("sqlite", __name__, SQLite.__name__)
    known.register("postgresql.psycopg", __name__, PostgreSQL.__name__)
