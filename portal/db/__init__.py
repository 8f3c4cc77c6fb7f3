"""The database: one engine a process, and sessions that commit when they end.

Who opens a session commits it, by leaving its `with` block. One code path serves SQLite
and PostgreSQL: SQLite begins IMMEDIATE, so what PostgreSQL locks row by row is locked
there as a whole, and `FOR UPDATE SKIP LOCKED` falls away.
"""

import os
import secrets
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    Engine,
    LargeBinary,
    MetaData,
    TextClause,
    Uuid,
    create_engine,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DBAPIError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
)
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Session as Session  # for doors and workers to name
from sqlalchemy.types import TypeDecorator

from portal.db import engines
from portal.db.memory import TOLD
from portal.db.memory import once as once
from portal.errors import ConfigError, DatabaseAway, NoRoom

POOL_SIZE = 20
AFTERWARDS = "afterwards"  # in what a session carries
LOCK = 0x6D61696C  # any number, the same in every process
# The last, itself and no heir of it, is a file that is no SQLite database.
UNREACHABLE = (OperationalError, InterfaceError, DatabaseError)
# What is deleted from a page that is written anyway is wiped out: data keys are.
# Not while somebody reads or writes: then later.
CUT_LOG = "PRAGMA busy_timeout=0; PRAGMA wal_checkpoint(TRUNCATE)"
DISK_FULL = "53100"  # https://www.postgresql.org/docs/current/errcodes-appendix.html
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(TypeDecorator[datetime]):
    """A time: aware and in UTC on both sides, on both engines."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A naive time says nothing; see clock.now().")
        return value.astimezone(UTC)

    def process_result_value(
        self, value: datetime | None, _: Dialect
    ) -> datetime | None:
        if value is None:
            return None
        return (
            value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        )


class Table(DeclarativeBase):
    """What every table is made of; a row never leaves the file of its noun."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Moment(),
        UUID: Uuid(),
        bytes: LargeBinary(),
        list[str]: JSON(),
        list[int]: JSON(),
        dict[str, Any]: JSON(),
    }


class _Open:
    engine: Engine | None = None


def _forget_in_child() -> None:
    """A child must not use its parent's connections, nor close them."""
    if _Open.engine is not None:
        _Open.engine.dispose(close=False)


os.register_at_fork(after_in_child=_forget_in_child)


def connect(url: str) -> Engine:
    """Use this database from now on; nothing is asked of it yet."""
    disconnect()
    try:
        # The ping notices a connection that a restarted server has forgotten.
        engine = create_engine(
            url,
            pool_size=POOL_SIZE,
            max_overflow=POOL_SIZE,
            pool_pre_ping=True,
            connect_args=engines.patience(url),
            hide_parameters=True,  # they are subjects and addresses, and end in logs
        )
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError):
        # Not `from` the error: it may quote the address, and with it a password.
        raise ConfigError(
            "PORTAL_DATABASE_URL is not an address that can be used. It looks like"
            " postgresql+psycopg://user:password@host/name, or sqlite:////path."
        ) from None
    engines.furnish(engine)
    _Open.engine = engine
    return engine


def disconnect() -> None:
    """Close what is open; for a fork, and for the end of a process."""
    if _Open.engine is not None:
        _Open.engine.dispose()
        _Open.engine = None


def connected() -> bool:
    """Tell whether a database is in use."""
    return _Open.engine is not None


def engine() -> Engine:
    """Return the engine in use; `connect` comes first."""
    if _Open.engine is None:
        raise ConfigError("No database is open yet.")
    return _Open.engine


def answers() -> bool:
    """Tell whether the database answers now."""
    try:
        with reading() as opened:
            opened.execute(text("SELECT version_num FROM alembic_version"))
    except (DatabaseAway, DatabaseError):
        return False
    return True


def local() -> bool:
    """Tell whether the database is this machine's own: a file, of SQLite."""
    return engine().dialect.name == "sqlite"


def free_bytes() -> int | None:
    """Tell how much room the disk of an SQLite database has; None: nobody can ask."""
    name = engine().url.database
    if not local() or not name:
        return None
    return shutil.disk_usage(Path(name).parent).free


def shrink(pages: int) -> bool:
    """Give up to so many free pages back to the disk; tell whether more are left.

    An SQLite file only grows by itself. PostgreSQL looks after its own.
    """
    if not local():
        return False
    with closing(engine().raw_connection()) as bare:
        bare.detach()  # it learns to wait for nobody, so nobody else may have it
        cursor: Any = bare.cursor()
        try:
            # A script goes to its end; a single statement would stop after a page.
            cursor.executescript(f"PRAGMA incremental_vacuum({pages}); {CUT_LOG}")
        except sqlite3.Error as error:
            raise DatabaseAway from error
        return bool(cursor.execute("PRAGMA freelist_count").fetchone() != (0,))


def only(where: TextClause) -> dict[str, Any]:
    """Let an index hold nothing but what is so, on either database."""
    return {"sqlite_where": where, "postgresql_where": where}


def insert(table: type[Table]) -> sqlite.Insert | postgresql.Insert:
    """Begin an INSERT that may say what happens on a conflict, on either database."""
    return sqlite.insert(table) if local() else postgresql.insert(table)


@contextmanager
def reachable() -> Iterator[None]:
    """Name the database when it is away: it may be the wrong one."""
    try:
        with _translated():
            yield
    except DatabaseAway as error:
        url = engine().url  # its query may hold a password
        place = f"{url.drivername}://{url.host or ''}/{url.database or ''}"
        raise DatabaseAway(f"The database at {place} cannot be opened.") from error


@contextmanager
def _translated() -> Iterator[None]:
    """Say with our own error that the database is away; others are faults of ours."""
    try:
        yield
    except DBAPIError as error:
        if type(error) not in UNREACHABLE and not error.connection_invalidated:
            raise
        raise (NoRoom if _full(error) else DatabaseAway) from error


def _full(error: DBAPIError) -> bool:
    code = getattr(error.orig, "sqlite_errorcode", None)
    state = getattr(error.orig, "sqlstate", None)
    return code == sqlite3.SQLITE_FULL or state == DISK_FULL


@contextmanager
def session() -> Iterator[Session]:
    """Open a transaction that may write; commit at the end, roll back on an error."""
    with (
        _translated(),
        Session(engine(), expire_on_commit=False) as opened,
        opened.begin(),
    ):
        yield opened
    for act in opened.info.get(AFTERWARDS, ()):
        act()


@contextmanager
def reading() -> Iterator[Session]:
    """Open a transaction that only reads, and waits for no writer."""
    bind = engine().execution_options(reading=True)
    opened = Session(bind, expire_on_commit=False, info={TOLD: {}})
    with _translated(), opened:
        yield opened


def afterwards(opened: Session, act: Callable[[], None]) -> None:
    """Do something once the transaction is committed; never if it is rolled back."""
    opened.info.setdefault(AFTERWARDS, []).append(act)


def alone(opened: Session | Connection) -> None:
    """Wait until every other process that asked for this has ended its transaction.

    For what happens once in the life of a database. SQLite has one writer anyway.
    """
    if not local():
        # A schema that is being changed may take longer than any row.
        opened.execute(text("SET LOCAL lock_timeout = 0"))
        opened.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        opened.execute(text(f"SET LOCAL lock_timeout = '{engines.LOCK_TIMEOUT}'"))


def server_time(opened: Session) -> datetime:
    """Return the database's own clock; on SQLite that is this machine's."""
    if local():
        return datetime.fromtimestamp(time.time(), UTC)
    moment: datetime = opened.execute(text("SELECT clock_timestamp()")).scalar_one()
    return moment


def new_id() -> UUID:
    """Make an id that sorts by the time it was made (UUIDv7, RFC 9562 section 5.7).

    To less than a microsecond (section 6.2, method 3): messages that a program puts
    within one millisecond are listed in their order too.
    """
    moment, more = divmod(time.time_ns(), 1_000_000)
    high = moment << 16 | 0x7000 | (more << 12) // 1_000_000
    low = 0b10 << 62 | secrets.randbits(62)
    return UUID(int=high << 64 | low)
