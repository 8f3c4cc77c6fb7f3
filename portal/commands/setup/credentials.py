"""The application's credentials at the command line: `portal credentials`."""

from datetime import datetime

import click

from portal import db
from portal.commands import operator
from portal.commands.setup import given
from portal.workspace import audit, registration
from portal.workspace.registration import credentials as kept
from portal.workspace.registration.credentials import Credential, Slot

NAMES = {Slot.IN_USE: "in use", Slot.FORMER: "former"}


@click.group()
def credentials() -> None:
    """List, date and remove the application's credentials.

    portal register adds the next one.
    """


@credentials.command("list")
def list_() -> None:
    """List the one in use, and a former one that serves beside it."""
    operator.enter()
    with db.reading() as session:
        known = registration.proofs(session) if registration.current(session) else []
    for each in known:
        click.echo("  ".join(filter(None, _told(each))))


@credentials.command()
@click.argument("day", metavar="YYYY-MM-DD", type=given.DAY)
def date(*, day: datetime) -> None:
    """Say when the client secret in use ends: Expires, beside it in Entra."""
    operator.enter()
    registration.check_open()
    with db.session() as session:
        kept.date(session, day)
        audit.note(session, operator.NAME, "dated client secret", f"{day:%Y-%m-%d}")
    click.echo(f"The client secret ends on {day:%Y-%m-%d}.")


@credentials.command()
def remove() -> None:
    """Let the former one serve no longer."""
    operator.enter()
    registration.check_open()
    with db.session() as session:
        kept.remove_former(session)
        audit.note(session, operator.NAME, "removed former credential", "registration")
    click.echo("Removed the former credential.")


def _told(each: Credential) -> tuple[str, ...]:
    return (
        f"{NAMES[each.slot]:<6}",
        f"{each.kind:<18}",
        f"since {each.since:%Y-%m-%d}" if each.since else "of the environment",
        f"ends {each.ends_at:%Y-%m-%d}" if each.ends_at else "its end is not known",
        f"serves until {each.until:%Y-%m-%d}" if each.until else "",
        f"refused {each.refused_at:%Y-%m-%d %H:%M}" if each.refused_at else "",
    )
