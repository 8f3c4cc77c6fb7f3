"""The command `portal`: exit 0 done, 1 needs attention, 2 wrong use."""

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple

import click

from portal.errors import WRONG_USE, ConfigError, PortalError, Refused


class At(NamedTuple):
    """Where a command lives, and its first sentence."""

    place: str  # module:name
    sentence: str  # as its own help begins


# Only the command that runs is loaded: a mail from the shell must not wait for the web
# server, nor must whoever asks what there is.
COMMANDS = {
    "up": At(
        "portal.commands.parts:up",
        "Run all parts on this machine; what dies is started again.",
    ),
    "web": At(
        "portal.commands.process.web:web",
        "Serve the pages and the HTTP API.",
    ),
    "worker": At(
        "portal.commands.process.worker:worker",
        "Send what is due, until SIGTERM; then finish what has begun.",
    ),
    "smtp": At(
        "portal.commands.process.smtp:smtp",
        "Take mail in by SMTP, until SIGTERM; then finish what came.",
    ),
    "sandbox": At(
        "portal.commands.parts:sandbox",
        "Play Microsoft and Google on this machine; no mail leaves it.",
    ),
    "register": At(
        "portal.commands.setup.registering:register",
        "Register your organization's application in Entra.",
    ),
    "credentials": At(
        "portal.commands.setup.credentials:credentials",
        "List, date and remove the application's credentials.",
    ),
    "setup-link": At(
        "portal.commands.setup.registering:setup_link",
        "Print a one-time link to register in the browser.",
    ),
    "connect": At(
        "portal.commands.setup.connecting:connect",
        "Connect a mailbox by a link or a code.",
    ),
    "send": At(
        "portal.intake.cli:send",
        "Send a mail.",
    ),
    "test": At(
        "portal.commands.test_mail:test",
        "Send a test mail, and explain what became of it.",
    ),
    "log": At(
        "portal.commands.log:log",
        "Print the mail log, the newest lines last.",
    ),
    "status": At(
        "portal.commands.look:status",
        "Tell what is connected, as whom, since when, and what waits.",
    ),
    "messages": At(
        "portal.commands.messages:messages",
        "List the messages that need somebody, and decide about any.",
    ),
    "accounts": At(
        "portal.commands.accounts:accounts",
        "List, add, set and remove mail accounts.",
    ),
    "connectors": At(
        "portal.commands.connectors:connectors",
        "Keep the proxies that SMTP accounts may leave through.",
    ),
    "alerts": At(
        "portal.commands.alerts:alerts",
        "Keep the channels that hear of trouble, and try them.",
    ),
    "keys": At(
        "portal.commands.keys:keys",
        "Make, list, limit and revoke API keys.",
    ),
    "retention": At(
        "portal.commands.keeping.retention:retention",
        "Tell for how many days what is over is kept, or change it.",
    ),
    "vault": At(
        "portal.commands.keeping.vault:vault",
        "Look after the keys that seal what is secret.",
    ),
    "backup": At(
        "portal.commands.keeping.backup:backup",
        "Copy the database to a file, while web and workers run.",
    ),
    "restore": At(
        "portal.commands.keeping.backup:restore",
        "Put a backup in the place of the database.",
    ),
    "db": At(
        "portal.commands.setup.database:database",
        "Look after the database.",
    ),
}
MISUSED = (ConfigError, Refused)


class Commands(click.Group):
    """Knows all commands by name, and loads one when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].place.partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, at.sentence) for name, at in COMMANDS.items()])


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mail-portal", prog_name="portal")
def portal() -> None:
    """Send an application's mail from Microsoft 365."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `portal`; tell an error in one line, and what is quoted in another."""
    try:
        portal(arguments, prog_name="portal")
    except ConfigError as error:
        # All that is wrong, each on a line of its own.
        _fail(str(error).splitlines(), error)
    except PortalError as error:
        said = " · ".join(error.answer.raw.splitlines())
        quoted = [f"The other side said: {said}"] if said else []
        _fail([" ".join(str(error).split()), *quoted], error)


def _fail(lines: list[str], error: PortalError) -> None:
    for line in lines:
        click.echo(f"portal: {line}", err=True)
    sys.exit(WRONG_USE if isinstance(error, MISUSED) else 1)
