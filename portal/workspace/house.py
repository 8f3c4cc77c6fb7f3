"""Opening the house: its database, its schema, its keys. Every process does it once."""

import logging
from datetime import timedelta
from pathlib import Path

from portal import clock, db, migrations, vault
from portal.config import Config
from portal.errors import ConfigError
from portal.mail import lanes, mark
from portal.mail.journal import snapshots
from portal.mail.outbox import overdue
from portal.workspace import accounts, canary

APART = timedelta(seconds=30)  # that two clocks may be
TIME = "%Y-%m-%d %H:%M:%S"

log = logging.getLogger(__name__)


def open_up(settings: Config) -> None:
    """Open everything that settings name; afterwards `vault.unlocked()` tells all.

    Without a fitting key the house opens too, so that pages can say "Can't decrypt".
    """
    vault.lock()
    make_room(settings.instance)
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
    _check_clock(set_clock())
    with db.session() as session:
        db.alone(session)
        if canary.unlock(session, settings):
            accounts.make_first(session)
            lanes.allow(session, settings.requests_in_flight)
    if vault.unlocked():
        notice_restore(settings)


def notice_restore(settings: Config) -> None:
    """Hold all that waits if this machine has seen more than the database knows of."""
    with db.session() as session:
        db.alone(session)
        seen = mark.behind(session, settings.instance)
        if seen is None:
            return
        # The mailboxes are locked before their messages, as a claim does.
        caught_up = mark.catch_up(session, seen)
        held = overdue.set_all_aside(session)
    snapshots.forget()
    if not caught_up:
        mark.forget(settings.instance)
    log.warning(
        "The database was restored from a backup: this machine has seen it at %s."
        " What waited is held, for it may have been sent since: %d messages.",
        *(f"{seen:{TIME}} UTC", held),
    )


def set_clock() -> timedelta:
    """Go by the database's clock; return how far ahead of this machine's it is."""
    with db.reading() as session:
        return clock.go_by(db.server_time(session))


def _check_clock(ahead: timedelta) -> None:
    # Microsoft and browsers go by their own clocks: an offset of ours helps with the
    # database alone.
    if abs(ahead) > APART:
        theirs = clock.now()
        raise ConfigError(
            f"The clocks are too far apart: it is {theirs - ahead:{TIME}} UTC on this"
            f" machine and {theirs:{TIME}} UTC at the database. Please let chrony or"
            " systemd-timesyncd set the clocks of both, and start again."
        )


def make_room(instance: Path) -> None:
    """Make the folder of this machine's own; raise ConfigError if that cannot be."""
    try:
        instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        reason = f"The folder {instance} cannot be made ({type(error).__name__})."
        raise ConfigError(reason) from error
