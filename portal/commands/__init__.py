"""The command `portal`: exit 0 done, 1 needs attention, 2 wrong use."""

import sys
from collections.abc import Sequence
from importlib import import_module

import click

from portal.errors import ConfigError, PortalError, Refused

# Where each command lives. Only the one that runs is loaded: a mail from the shell must
# not wait for the web server.
COMMANDS = {
    "up": "portal.commands.parts:up",
    "web": "portal.commands.process.web:web",
    "worker": "portal.commands.process.worker:worker",
    "smtp": "portal.commands.process.smtp:smtp",
    "sandbox": "portal.commands.parts:sandbox",
    "register": "portal.commands.setup.registering:register",
    "credentials": "portal.commands.setup.credentials:credentials",
    "setup-link": "portal.commands.setup.registering:setup_link",
    "connect": "portal.commands.setup.connecting:connect",
    "send": "portal.intake.cli:send",
    "test": "portal.commands.test_mail:test",
    "log": "portal.commands.log:log",
    "status": "portal.commands.look:status",
    "messages": "portal.commands.messages:messages",
    "accounts": "portal.commands.accounts:accounts",
    "connectors": "portal.commands.connectors:connectors",
    "alerts": "portal.commands.alerts:alerts",
    "keys": "portal.commands.keys:keys",
    "retention": "portal.commands.keeping.retention:retention",
    "vault": "portal.commands.keeping.vault:vault",
    "backup": "portal.commands.keeping.backup:backup",
    "restore": "portal.commands.keeping.backup:restore",
    "db": "portal.commands.setup.database:database",
}
WRONG_USE = (ConfigError, Refused)


class Commands(click.Group):
    """Knows all commands by name, and loads one when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mail-portal", prog_name="portal")
def portal() -> None:
    """Send an application's mail from Microsoft 365."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `portal`; tell an error in one line, never a secret."""
    try:
        portal(arguments, prog_name="portal")
    except ConfigError as error:
        # All that is wrong, each on a line of its own.
        _fail(str(error).splitlines(), error)
    except PortalError as error:
        _fail([" ".join(str(error).split())], error)


def _fail(lines: list[str], error: PortalError) -> None:
    for line in lines:
        click.echo(f"portal: {line}", err=True)
    sys.exit(2 if isinstance(error, WRONG_USE) else 1)
