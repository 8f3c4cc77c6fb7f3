"""Versions of the schema; `upgrade` brings a database to the newest."""

from importlib import import_module

from sqlalchemy import Connection, inspect, text

from portal import db

HEAD = "0031"
SCRIPTS = "portal:migrations"


def version(connection: Connection) -> str | None:
    """Return the version of a database's schema; None if it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(
        text("SELECT version_num FROM alembic_version")
    )
    return found


def upgrade(connection: Connection) -> None:
    """Bring the schema to the newest version; who starts at the same time waits."""
    db.alone(connection)
    if not db.local():
        # Whoever copies all of a database uses its tables for as long as that takes.
        connection.execute(text("SET LOCAL lock_timeout = 0"))
    if version(connection) == HEAD:
        return
    # Alembic takes most of a second to import, and is needed once a release.
    settings = import_module("alembic.config").Config()
    settings.set_main_option("script_location", SCRIPTS)
    settings.attributes["connection"] = connection
    import_module("alembic.command").upgrade(settings, "head")
