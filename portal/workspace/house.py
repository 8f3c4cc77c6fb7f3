"""Opening the house: its database, its schema, its keys. Every process does it once."""

from datetime import timedelta
from pathlib import Path

from portal import clock, db, migrations, vault
from portal.config import Config
from portal.errors import ConfigError
from portal.workspace import accounts, canary


def open_up(settings: Config) -> None:
    """Open everything that settings name; afterwards `vault.unlocked()` tells all.

    Without a fitting key the house opens too, so that pages can say "Can't decrypt".
    """
    vault.lock()
    _make_room(settings.instance)
    engine = db.connect(settings.database_url)
    with db.reachable(), engine.begin() as connection:
        found = migrations.version(connection)
        if found is not None and found > migrations.HEAD:
            raise ConfigError(
                "The database belongs to a newer version of Mail Portal."
                " Please update the program."
            )
        if found != migrations.HEAD:
            migrations.upgrade(connection)
    with db.session() as session:
        clock.set_offset(timedelta())  # or the old one would count twice
        clock.set_offset(db.server_time(session) - clock.now())
        db.alone(session)
        if canary.unlock(session, settings):
            accounts.found(session)


def _make_room(instance: Path) -> None:
    try:
        instance.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = f"The folder {instance} cannot be made ({type(error).__name__})."
        raise ConfigError(reason) from error
