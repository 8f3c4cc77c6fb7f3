"""Whom a token of Google's is told: Gmail, and nobody else."""

from typing import Any

import pytest

from portal.errors import NotAllowed
from portal.workspace.accounts import servers
from portal.workspace.accounts.servers import Authentication
from tests.delivery.smtp.google.northwind import server
from tests.sandbox.serving import Sandbox


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"host": "mallory.example"}, "for Gmail alone"),
        ({"host": "smtp.office365.com"}, "for Gmail alone"),
        ({"host": "smtp.gmail.com", "ignore_certificate": True}, "for Gmail alone"),
        ({"client_id": ""}, "OAuth client"),
        ({"client_secret": ""}, "OAuth client"),
        ({"authentication": Authentication.OAUTH}, "a user signs in"),
        ({"username": ""}, "username"),
    ],
)
def test_what_would_tell_its_token_to_others_is_refused(
    gmail: Sandbox, more: dict[str, Any], why: str
) -> None:
    with pytest.raises(NotAllowed, match=why):
        servers.check(server(gmail, **more))


def test_gmail_itself_may_have_it(gmail: Sandbox) -> None:
    servers.check(server(gmail, host="smtp.gmail.com", port=587))
