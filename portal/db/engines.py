"""How SQLite and PostgreSQL are furnished: durable, private, and not too patient."""

from contextlib import suppress
from pathlib import Path

from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from portal.errors import ConfigError

WIPE = "secure_delete=FAST"
# What a machine that vanished, or stands still, had locked must not stay so for hours.
PATIENCE = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,  # milliseconds
}
LOCK_TIMEOUT = "20s"
LIMITS = (
    "SET idle_in_transaction_session_timeout = '30s'",
    f"SET lock_timeout = '{LOCK_TIMEOUT}'",
)


def patience(url: str) -> dict[str, int]:
    """Return how long a connection may be silent before it counts as lost."""
    return PATIENCE if url.startswith("postgresql") else {}


def furnish(engine: Engine) -> None:
    """Have each new connection set up; raise ConfigError for another database."""
    if engine.dialect.name == "sqlite":
        _keep_private(engine)
        event.listen(engine, "connect", _furnish_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    elif engine.dialect.name == "postgresql":
        event.listen(engine, "connect", _furnish_postgresql)
    else:
        raise ConfigError("PORTAL_DATABASE_URL must name SQLite or PostgreSQL.")


def _keep_private(engine: Engine) -> None:
    """Make a new file for our eyes only: subjects and addresses are in the clear."""
    name = engine.url.database or ""
    if name and not name.startswith((":", "file:")):
        with suppress(OSError):  # opening it will tell
            Path(name).touch(mode=0o600)


def _furnish_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout=30000")
    cursor.execute("PRAGMA page_count")
    if cursor.fetchone() == (0,):
        # Counts only before the first table is made, and later waits for a writer.
        cursor.execute("PRAGMA auto_vacuum=INCREMENTAL")
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", WIPE):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _furnish_postgresql(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for limit in LIMITS:
        cursor.execute(limit)
    cursor.close()
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
