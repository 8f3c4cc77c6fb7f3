"""Which process of PostgreSQL answers."""

from sqlalchemy import text

from portal import db


def backend() -> int:
    with db.reading() as session:
        return int(session.execute(text("SELECT pg_backend_pid()")).scalar_one())
