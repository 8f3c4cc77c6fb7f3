"""Backups of an SQLite database: one file, taken while web and workers run.

It is the database itself, with a row that says when it was made. The keys are apart,
unless they are asked for: with both, whoever finds the file reads everything. What
waited when it was made may have been sent since, so a restore holds all of it.
"""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from portal import clock, db, migrations, vault
from portal.config import Config
from portal.db import copies
from portal.errors import CannotDecrypt, ConfigError, NotAllowed
from portal.mail import mark
from portal.mail.outbox import overdue
from portal.workspace import accounts, audit, canary, house

MADE = "CREATE TABLE backup AS SELECT ? AS made_at, ? AS keys"
OTHER = (
    "Only an SQLite database is copied by this command. For PostgreSQL please use"
    " pg_dump and pg_restore, and keep the keys ({keys}) apart from that. Leave {mark}"
    " where it is: by it the portal notices a restore, and holds what may have been"
    " sent since."
)
BROKEN = (
    "{target} is damaged, or no database of Mail Portal. To put the backup in its"
    " place, and lose what it still holds: --force"
)
FOREIGN = (
    "This backup was sealed with another key. Please bring back the keys that fit it"
    " first; nothing was changed."
)


def make(settings: Config, target: Path, *, with_keys: bool) -> None:
    """Copy the database to a new file; raise ConfigError, or NotAllowed."""
    source = _database(settings)
    keys = _keys(settings) if with_keys else ()
    if with_keys and not keys:
        raise ConfigError("There are no keys here that could go with the database.")
    with copies.draft(target) as draft:
        copies.copy(source, draft)
        copies.tell(draft, MADE, clock.now().isoformat(), " ".join(keys))
        copies.keep(draft, target)


def restore(settings: Config, source: Path, by: str, *, force: bool) -> int:
    """Put a backup in the place of the database; return how many messages it holds.

    Everything is made ready beside the old database, and takes its place at once or not
    at all. Raises ConfigError, NotAllowed or CannotDecrypt; nothing has changed then.
    """
    target = _database(settings)
    brought = _checked(source)
    if not force:
        _check_unused(target)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with copies.draft(target) as draft:
        copies.copy(source, draft)
        copies.tell(draft, "DROP TABLE backup")
        held = _ready(settings, draft, brought, by)
        copies.check_unused(target)
        path = canary.key_file(settings)
        if brought and path:
            vault.put_first(path, vault.read_keys(brought, str(source)))
        copies.replace(draft, target)
    return held


def _database(settings: Config) -> Path:
    found = copies.place(settings.database_url)
    if found is None:
        keys = canary.key_file(settings) or "PORTAL_KEYS"
        raise ConfigError(OTHER.format(keys=keys, mark=settings.instance / mark.NAME))
    return found


def _check_unused(target: Path) -> None:
    """Raise NotAllowed if a database may hold something."""
    try:
        used = target.exists() and copies.ask(target, "SELECT 1 FROM canary")
    except copies.Unreadable as error:
        raise NotAllowed(BROKEN.format(target=target)) from error
    if used:
        raise NotAllowed(f"{target} has been used. To lose what it holds: --force")


def _keys(settings: Config) -> tuple[str, ...]:
    """Return the keys of this installation; none if there are none yet."""
    path = canary.key_file(settings)
    if path is None:
        return settings.keys
    return tuple(path.read_text("ascii").split()) if vault.read_key_file(path) else ()


def _checked(source: Path) -> tuple[str, ...]:
    """Return the keys in a backup; raise NotAllowed if it is none that serves here.

    Raises ConfigError for keys that are none.
    """
    copies.check(source)
    made = copies.ask(source, "SELECT keys FROM backup")
    [version] = copies.ask(source, "SELECT version_num FROM alembic_version") or [("",)]
    if len(made) != 1:
        raise NotAllowed(f"{source} was not made by portal backup.")
    if str(version[0]) > migrations.HEAD:
        raise NotAllowed(f"{source} belongs to a newer version of Mail Portal.")
    brought = tuple(str(made[0][0] or "").split())
    vault.read_keys(brought, str(source))
    return brought


def _ready(settings: Config, draft: Path, brought: tuple[str, ...], by: str) -> int:
    """Bring a copy to this version, and hold what waits in it; return how many.

    In an instance of its own: nothing of it may touch what is in use here.
    """
    with TemporaryDirectory() as folder:
        apart = replace(
            settings,
            database_url=f"sqlite:///{quote(str(draft.absolute()))}",
            instance=Path(folder),
            keys=settings.keys or (*brought, *_keys(settings)),
        )
        try:
            house.open_up(apart)
            if not vault.unlocked():
                raise CannotDecrypt(FOREIGN)
            return _hold(settings, by)
        finally:
            db.disconnect()


def _hold(settings: Config, by: str) -> int:
    with db.session() as session:
        # On a machine that has seen more, that is how far its database goes.
        seen = mark.behind(session, settings.instance)
        mark.catch_up(session, seen or clock.now())
        overdue.set_all_aside(session)
        audit.note(session, by, "restored a backup", "database")
        known = accounts.every(session)
        return sum(overdue.restored(session, account.id) for account in known)
