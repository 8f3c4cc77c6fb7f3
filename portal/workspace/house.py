"""Opening the house: its database, its schema, its keys. Every process does it once."""

from portal import clock, db, migrations, vault
from portal.config import Config
from portal.errors import ConfigError
from portal.workspace import accounts, canary


def open_up(settings: Config) -> None:
    """Open everything that settings name; afterwards `vault.unlocked()` tells all.

    Without a fitting key the house opens too, so that pages can say "Can't decrypt".
    """
    vault.lock()
    settings.instance.mkdir(parents=True, exist_ok=True)
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
        here = clock.now()
        clock.set_offset(db.server_time(session) - here)
        if canary.unlock(session, settings):
            accounts.found(session)
