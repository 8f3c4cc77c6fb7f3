"""The vault at the command line: `portal vault rotate`."""

import sys
from collections import Counter
from collections.abc import Iterator

import click

from portal import config, db
from portal.commands import operator
from portal.workspace import audit, canary
from portal.workspace.keeping import rotation
from portal.workspace.keeping.rotation import Sealed, Step

ROUNDS = 10  # while others seal meanwhile
GOES_ON = (
    "No new key was made: {place} holds older ones after its first, so all is sealed"
    " anew with that one. To make another, please remove the older ones once this says"
    " that they can leave, and run it again."
)
ONCE_MORE = (
    "All is sealed with the first key. Something may have been sealed with an older one"
    " while this ran: please run it once more before you remove older keys."
)


@click.group()
def vault() -> None:
    """Look after the keys that seal what is secret."""


@vault.command()
def rotate() -> None:
    """Seal everything anew with the first key, while web and workers run.

    With keys in the environment, put a new one first in PORTAL_KEYS before; in the key
    file this makes one. If it is stopped, it goes on with the next run. Older keys can
    be removed once it says so.
    """
    operator.enter()
    place = canary.key_file(config.current())
    with db.session() as session:
        made = rotation.begin(session)
    if made:
        click.echo(f"Made a new key, the first in {place}. Please back it up now.")
    elif place:
        click.echo(GOES_ON.format(place=place), err=True)
    done, unreadable = _seal_all()
    with db.reading() as session:
        left = rotation.left(session)
    _tell(done, unreadable, left, str(place or "PORTAL_KEYS"))
    sys.exit(1 if left else 0)


def _seal_all() -> tuple[Counter[str], int]:
    """Seal in rounds until one finds nothing; return what was done, what cannot be."""
    done: Counter[str] = Counter()
    for _ in range(ROUNDS):
        steps = {sealed.what: [*_steps(sealed)] for sealed in rotation.SEALED}
        fresh = {what: sum(step.done for step in each) for what, each in steps.items()}
        done.update(fresh)
        if not any(fresh.values()):
            break
    if done.total():
        with db.session() as session:
            audit.note(session, operator.NAME, "sealed anew", "vault")
    return done, sum(step.unreadable for each in steps.values() for step in each)


def _steps(sealed: Sealed) -> Iterator[Step]:
    last = None
    while True:
        with db.session() as session:
            step = rotation.step(session, sealed, last)
        yield step
        if (last := step.last) is None:
            return


def _tell(
    done: Counter[str], unreadable: int, left: dict[str, int], place: str
) -> None:
    for what, count in done.items():
        if count:
            click.echo(f"Sealed anew: {count} {what}")
    for what, count in left.items():
        click.echo(f"Still sealed with an older key: {count} {what}", err=True)
    if unreadable:
        click.echo(f"{unreadable} of these no key here can open.", err=True)
    elif left:
        told = (
            "Does a process still run with the older keys? Please start it again, and"
        )
        click.echo(f"{told} run this once more.", err=True)
    if not left:
        click.echo(ONCE_MORE if done.total() else f"Older keys can leave {place}.")
