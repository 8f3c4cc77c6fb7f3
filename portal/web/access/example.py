"""How an application uses a key: a line for curl, and the settings of the SMTP door."""

import json
import shlex
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from portal.config import Bind, Config
from portal.web.language import gettext as _
from portal.workspace import senders
from portal.workspace.accounts import Account
from portal.workspace.people.limits import Limits

EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - listened on elsewhere; here it is read
SOMEBODY = "ann@example.org"


class Door(NamedTuple):
    """What a program that knows a mail server is given."""

    server: str
    port: int
    encryption: str


def curl(config: Config, to: str, limits: Limits, known: Sequence[Account]) -> str:
    """Return a command that sends one message as a key with these limits may."""
    message: dict[str, Any] = {
        "to": [to or SOMEBODY],
        "subject": "Hello",
        "text": "It works.",
    }
    if sender := senders.first(limits.senders):
        message["from"] = sender
    allowed = limits.among([*known])
    if len(limits.accounts) > 1 and not any(each.is_default for each in allowed):
        message["account"] = allowed[0].name if allowed else ""
    lines = (
        f"curl -i {shlex.quote(config.base_url + '/api/v1/messages')}",
        '-H "Authorization: Bearer $KEY"',
        '-H "Content-Type: application/json"',
        f"-d {shlex.quote(json.dumps(message, ensure_ascii=False))}",
    )
    return " \\\n  ".join(lines)


def doors(config: Config) -> list[Door]:
    """Return the SMTP doors that this machine's settings open."""
    plain = _("none; from this machine only")
    offered = _("STARTTLS") if config.smtp_certificate else plain
    found = [_door(config, config.smtp_bind, offered)]
    if config.smtps_bind:
        found.append(_door(config, config.smtps_bind, _("TLS from the beginning")))
    return found


def _door(config: Config, bind: Bind, encryption: str) -> Door:
    """Name the server as an application reaches it."""
    named = bind.host not in EVERYWHERE
    host = bind.host if named else urlsplit(config.base_url).hostname or ""
    return Door(host, bind.port, encryption)
