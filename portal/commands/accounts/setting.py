"""Setting how a mail account sends, from the next message on."""

from typing import Any

import click
from click.core import ParameterSource

from portal import db
from portal.commands import operator, typed
from portal.commands.accounts import given as options
from portal.commands.accounts.given import LETTERHEAD, SERVER
from portal.commands.accounts.signing import Given
from portal.errors import Need, NotAllowed
from portal.mail import lanes, permits
from portal.workspace import accounts
from portal.workspace.accounts import (
    Account,
    Envelope,
    Settings,
    WhenUnsure,
    entries,
    servers,
)
from portal.workspace.consent import submission

DEFAULT = "default"
MOST = 10_000  # messages a minute; more is no pace
ADDRESSED = (
    "The account {name} sends by a user's consent, as whoever that covers: please ask"
    " for another From on its settings page."
)
TRIES = "It is held; one message tries now whether that is over."
GOES_ON = "It was held; its mail goes on now."
NOT_BY_SMTP = "The account {name} does not send by an SMTP server."


def _pace(_: click.Context, __: click.Parameter, text: str | None) -> int | str | None:
    if text in (None, DEFAULT):
        return text
    if text and text.isascii() and text.isdigit() and int(text) <= MOST:
        return int(text)
    raise click.BadParameter(f"must be 0 to {MOST:,}, or {DEFAULT}")


@click.command("set")
@click.argument("name")
@click.option(
    "--per-minute",
    "pace",
    metavar=f"N|{DEFAULT}",
    callback=_pace,
    help="Messages a minute at most; 0: any number.",
)
@click.option(
    "--when-unsure",
    "choice",
    type=click.Choice([choice.value for choice in WhenUnsure]),
    help="What becomes of a message that cannot be confirmed.",
)
@click.option(
    "--envelope",
    type=click.Choice([choice.value for choice in Envelope]),
    help="What becomes of a mail that names others than its envelope does.",
)
@click.option(
    "--large", is_flag=True, help="Large file attachments, by application permission."
)
@click.option(
    "--fallback", "other", metavar="OTHER", help="By which mail leaves that it cannot."
)
@click.option("--no-fallback", is_flag=True, help="Its mail waits until it can.")
@options.senders
@typed.options(*SERVER, *LETTERHEAD)
def set_(**given: Any) -> None:
    """Set how an account sends, from the next message on.

    With --when-unsure ask, somebody decides about what may have arrived, so nothing
    comes twice; with resend it goes again, so nothing is missed.

    The envelope of a mail that comes by SMTP decides who gets it. With --envelope
    rewrite, To and Cc name nobody else when it leaves; with refuse it is not taken.

    With --fallback, mail that surely nobody has accepted leaves by that account while
    this one is held, or out of reach.

    A blank value takes an address or a footer back.

    Whatever is set, an account that is held tries one message at once.
    """
    operator.enter()
    with db.session() as session:
        account = accounts.lock(session, accounts.find(session, given["name"]).id)
        held = lanes.holding(session, account.id)
        changes = [
            *_fallback(session, account, given),
            *_choices(session, account, given),
            *_sending(session, account, given),
        ]
        if not (changes or _anything_given()):
            raise click.UsageError("Nothing to set. See: portal accounts set --help")
        tries = changes and entries.change(session, account, operator.NAME, *changes)
        goes_on = held and not lanes.holding(session, account.id)
    click.echo(f"{account.name}: {', '.join(changes) or 'as it was'}")
    if tries or goes_on:
        click.echo(TRIES if tries else GOES_ON)


def _anything_given() -> bool:
    context = click.get_current_context()
    options = [name for name in context.params if name != "name"]
    default = ParameterSource.DEFAULT
    return any(context.get_parameter_source(name) != default for name in options)


def _choices(session: db.Session, account: Account, given: Given) -> list[str]:
    """Put in force what an account decides; return what was changed."""
    changes = []
    if given["choice"] is not None:
        accounts.decide_unsure(session, account.id, WhenUnsure(given["choice"]))
        changes.append(f"when unsure {given['choice']}")
    if given["envelope"] is not None:
        accounts.decide_envelope(session, account.id, Envelope(given["envelope"]))
        changes.append(f"envelope {given['envelope']}")
    if given["pace"] is not None:
        per_minute = given["pace"] if isinstance(given["pace"], int) else None
        lanes.pace(session, account.id, per_minute)
        changes.append(paced(per_minute))
    if given["large"]:
        _enlarge(session, account)
        changes.append("large file attachments")
    return changes


def _fallback(session: db.Session, account: Account, given: Given) -> list[str]:
    """Put in force by which account mail leaves instead; return what was changed."""
    if given["other"] and given["no_fallback"]:
        raise click.UsageError("Please give --fallback or --no-fallback, not both.")
    if given["other"]:
        other = accounts.find(session, given["other"])
        accounts.decide_fallback(session, account.id, other.id)
        return [entries.by_fallback(session, other.id)]
    if given["no_fallback"]:
        accounts.decide_fallback(session, account.id, None)
        return [entries.by_fallback(session, None)]
    return []


def _sending(session: db.Session, account: Account, given: Given) -> list[str]:
    """Put in force as whom, by what and how it sends; return what was changed."""
    changes = []
    if given["given"]:
        if not account.configured:
            raise NotAllowed(ADDRESSED.format(name=account.name))
        accounts.readdress(session, account, given["given"], operator.NAME)
        changes.append(entries.as_senders(given["given"]))
    if options.changes_server(given):
        if not account.by_smtp:
            raise NotAllowed(NOT_BY_SMTP.format(name=account.name))
        known = servers.of(session, account.id)
        server = options.connected(session, options.server(given, known), given)
        submission.move(session, account, server)
        changes += entries.by_change(session, known, server)
    letterhead = options.letterhead(given, account.letterhead)
    if letterhead != account.letterhead:
        accounts.decide_letterhead(session, account.id, letterhead)
        changes += entries.by_letterhead(account.letterhead, letterhead)
    return changes


def _enlarge(session: db.Session, account: Account) -> None:
    """Switch large files on, and let go what waits for it; raise NotAllowed."""
    if not account.by_application:
        raise NotAllowed(
            f"The account {account.name} sends by a user's consent, which has to cover"
            " large file attachments: please ask for it on its settings page."
        )
    settings = Settings(sender=account.sender, large_attachments=True)
    accounts.apply(session, account.id, settings, operator.NAME)
    permits.grant(session, account.id, Need.LARGE_ATTACHMENTS, operator.NAME)


def paced(per_minute: int | None) -> str:
    """Tell a pace that an account was given."""
    if per_minute is None:
        return "default pace"
    return f"{per_minute} a minute" if per_minute else "no pace"
