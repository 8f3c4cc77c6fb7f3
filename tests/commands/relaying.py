"""An account by SMTP, as these tests add it."""

import json
from typing import Any

from tests.terminal import Ran, portal

REPORTS = "reports@contoso.example"
ADD = ("accounts", "add", "relay", "--smtp", "mail.example", "--from", REPORTS)
SECRET = b"open, Sesame\n"


def add(*more: str, piped: bytes = SECRET) -> Ran:
    return portal(*ADD, *more, piped=piped)


def listed() -> list[dict[str, Any]]:
    lines = portal("accounts", "list", "--json").out.splitlines()
    return [json.loads(line) for line in lines]
