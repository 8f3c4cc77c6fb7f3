"""Retention at the command line: how long the mail log and content are kept."""

from dataclasses import replace

import click

from portal import db
from portal.commands import operator
from portal.config import MOST_DAYS, RECORDS_DAYS
from portal.workspace.keeping import terms

DAYS = click.IntRange(1, MOST_DAYS)
LOG_DAYS = click.IntRange(RECORDS_DAYS, MOST_DAYS)


@click.command()
@click.option(
    "--log-days",
    type=LOG_DAYS,
    help="Keep the mail log for so long, at least as long as text and files.",
)
@click.option("--content-days", type=DAYS, help="Keep text and files for so long.")
def retention(*, log_days: int | None, content_days: int | None) -> None:
    """Tell for how many days what is over is kept, or change it."""
    operator.enter()
    asked = {"records_days": log_days, "content_days": content_days}
    changed = {name: days for name, days in asked.items() if days is not None}
    with db.session() as session:
        if changed:
            wanted = replace(terms.in_force(session), **changed)
            terms.choose(session, wanted, operator.NAME)
        now = terms.in_force(session)
    click.echo(f"mail log  {now.records_days} days")
    click.echo(f"content   {now.content_days} days")
