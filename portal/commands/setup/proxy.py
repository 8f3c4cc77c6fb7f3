"""What `email-oauth2-proxy register` is told, taken under the very same names.

What the portal needs of it is used; what it does not need is said, never ignored.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import click

from portal.commands.setup.given import PORT, TEXT, Trimmed, tenant
from portal.workspace.accounts.servers import PORTS, Security

READING = ("IMAP.", "POP.")
NOT_NEEDED = "not needed to send"


class Flow(StrEnum):
    """How an account is allowed to send."""

    CLIENT_CREDENTIALS = "client_credentials"  # by the application's own permission
    AUTHORIZATION_CODE = "authorization_code"  # by a user who opens a link
    DEVICE = "device"  # by a user who types in a code on another device


NEXT = {
    Flow.CLIENT_CREDENTIALS: "have an administrator grant the application permission"
    " Mail.Send in Entra, then: portal accounts add NAME --application --from ADDRESS",
    Flow.AUTHORIZATION_CODE: "portal connect",
    Flow.DEVICE: "portal connect --device",
}
SIGN_INS = {
    Flow.CLIENT_CREDENTIALS: " --oauth",
    Flow.AUTHORIZATION_CODE: " --consent",
    Flow.DEVICE: " --consent",
}
OPTIONS = (
    click.option(
        "--oauth2-token-url",
        "--token-url",
        "tenant_of_token",
        metavar="URL",
        callback=tenant,
        help="The tenant is read from it, instead of --tenant.",
    ),
    click.option(
        "--oauth2-permission-url",
        "--permission-url",
        "tenant_of_permission",
        metavar="URL",
        callback=tenant,
        help="Must be of the same tenant.",
    ),
    click.option(
        "--oauth2-scope",
        "--scope",
        "scope",
        type=TEXT,
        default="",
        help="Told what is not needed; the portal asks for what it needs.",
    ),
    click.option(
        "--oauth2-flow",
        "--flow",
        "flow",
        type=Trimmed(click.Choice([flow.value for flow in Flow])),
        help="Which next step to print.",
    ),
    click.option(
        "--smtp-server-address",
        "--smtp-address",
        "host",
        metavar="HOST",
        type=TEXT,
        help="Prints the command that sends by it.",
    ),
    click.option(
        "--smtp-server-port",
        "--smtp-port",
        "port",
        metavar="PORT",
        type=PORT,
        help="465 unless given; with STARTTLS 587.",
    ),
    click.option(
        "--smtp-server-starttls",
        "--smtp-starttls",
        "starttls",
        is_flag=True,
        help="That command then says STARTTLS.",
    ),
    *(
        click.option(f"--{protocol}-server-{what}", type=TEXT, hidden=True)
        for protocol in ("imap", "pop")
        for what in ("address", "port")
    ),
    *(
        click.option(f"--{protocol}-server-starttls", is_flag=True, hidden=True)
        for protocol in ("imap", "pop")
    ),
)


@dataclass(frozen=True, kw_only=True)
class Given:
    """What was said of sign-in and of servers."""

    tenant: str | None
    flow: Flow | None
    notes: tuple[str, ...]  # of what is not needed, or comes next


def read(said: dict[str, Any]) -> Given:
    """Judge the options as a whole; raise UsageError where they contradict."""
    tenants = [said[f"tenant_of_{url}"] for url in ("token", "permission")]
    named = [tenant for tenant in (said["tenant"], *tenants) if tenant]
    if len({name.lower() for name in named}) > 1:
        raise click.UsageError(f"These are different tenants: {', '.join(named)}.")
    if said["host"] is None and (said["port"] or said["starttls"]):
        raise click.UsageError("--smtp-server-port needs --smtp-server-address.")
    return Given(
        tenant=named[0] if named else None,
        flow=Flow(said["flow"]) if said["flow"] else None,
        notes=(*_reading(said), *_server(said)),
    )


def _reading(said: dict[str, Any]) -> list[str]:
    """Tell of servers and permissions to read mail with."""
    servers = [name for name in said if name.startswith(("imap_", "pop_"))]
    names = [f"--{name.replace('_', '-')}" for name in servers if said[name]]
    scopes = [scope.rpartition("/")[2] for scope in said["scope"].split()]
    names += [scope for scope in scopes if scope.upper().startswith(READING)]
    return [f"{name}: {NOT_NEEDED}." for name in names]


def _server(said: dict[str, Any]) -> list[str]:
    if said["host"] is None:
        return []
    security = Security.STARTTLS if said["starttls"] else Security.TLS
    port = said["port"] or PORTS[security]
    command = f"portal accounts add NAME --smtp {said['host']}:{port}"
    if security == Security.TLS:
        command += f" --security {security}"
    command += f" --from ADDRESS --username ADDRESS{SIGN_INS.get(said['flow'], '')}"
    return [
        "Mail leaves through Microsoft Graph. To send through this server instead:"
        f" {command}"
    ]
