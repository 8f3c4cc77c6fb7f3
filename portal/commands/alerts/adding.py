"""A channel is added: a webhook whose address is typed unseen, or a mailbox."""

import click

from portal import db
from portal.commands import operator, typed
from portal.mail.message import address
from portal.watch.alerts import webhooks
from portal.workspace import accounts, audit
from portal.workspace.incidents import channels
from portal.workspace.incidents.channels import Way, Wish

PROMPT = "Address of the webhook (https://…)"
NO_ACCOUNT = "Please name the account that sends it: --account NAME."
NOT_BY_MAIL = "--account belongs to --mail."
SECRET = "It signs what it posts with this secret, which is shown only now: {secret}"  # noqa: S105 - a sentence
HOOKS = [Way.WEBHOOK.value, Way.SLACK.value, Way.TEAMS.value]


@click.command()
@click.argument("name")
@click.option(
    "--way", type=click.Choice(HOOKS), help="What the webhook is; told by its host."
)
@click.option("--mail", metavar="ADDRESS", help="Tell a mailbox instead of a webhook.")
@click.option(
    "--account", metavar="NAME", help="By mail: the account that sends it, for others."
)
def add(*, name: str, way: str | None, mail: str | None, account: str | None) -> None:
    """Add a channel; a webhook's address is read from standard input or asked for.

    Whoever knows it can write there, so it is no argument: whoever lists processes sees
    those.
    """
    operator.enter()
    if bool(mail) != bool(account):
        raise click.UsageError(NO_ACCOUNT if mail else NOT_BY_MAIL)
    wish = _letters(name, mail, account) if mail else _hook(name, way)
    with db.session() as session:
        channel, secret = channels.add(session, wish, operator.NAME)
        audit.note(session, operator.NAME, f"added alert channel: {channel.way}", name)
    click.echo(f"{name} tells {channel.place}.")
    if secret:
        click.echo(SECRET.format(secret=secret))


def _letters(name: str, to: str, account: str | None) -> Wish:
    try:
        target = address.sender(to)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    with db.reading() as session:
        found = accounts.find(session, account)
    return Wish(name=name, way=Way.MAIL, target=target, account_id=found.id)


def _hook(name: str, way: str | None) -> Wish:
    url = typed.unseen(PROMPT)
    return Wish(name=name, way=Way(way) if way else webhooks.guess(url), target=url)
