"""The command `portal`: exit 0 done, 1 needs attention, 2 wrong use."""

import sys

import click

from portal.commands import keys, look, parts, setup
from portal.errors import (
    CannotDecrypt,
    ConfigError,
    InvalidMessage,
    MicrosoftError,
    NotConnected,
    PortalError,
    Refused,
)
from portal.intake import cli

EXIT = {
    ConfigError: 2,
    Refused: 2,
    CannotDecrypt: 1,
    NotConnected: 1,
    MicrosoftError: 1,
}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mail-portal")
def portal() -> None:
    """Send an application's mail from Microsoft 365."""


for command in (
    parts.up,
    parts.web,
    parts.worker,
    parts.sandbox,
    setup.register,
    setup.connect,
    look.status,
    look.log,
    keys.keys,
    look.db_,
):
    portal.add_command(command)
portal.add_command(cli.send)


def main() -> None:
    """Run `portal`; tell an error in one line, never a secret."""
    try:
        portal()
    except PortalError as error:
        code = next((EXIT[t] for t in type(error).__mro__ if t in EXIT), 1)
        click.echo(f"portal: {_sentence(error)}", err=True)
        sys.exit(code)


def _sentence(error: PortalError) -> str:
    if isinstance(error, InvalidMessage):
        return str(error)
    return " ".join(str(error).splitlines()) if len(str(error)) < 80 else str(error)
