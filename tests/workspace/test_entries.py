"""What the audit says of a server that was changed: all of it, but no secret."""

from dataclasses import replace
from typing import Any

import pytest

from portal import db
from portal.config import Config
from portal.workspace.accounts import connectors, entries
from portal.workspace.accounts.servers import (
    Authentication,
    Provider,
    Security,
    Server,
)

RELAY = Server(
    host="mail.example",
    port=587,
    authentication=Authentication.PASSWORD,
    username="ann",
    password="open, Sesame",
)
GMAIL = Server(
    host="smtp.gmail.com",
    port=587,
    authentication=Authentication.CONSENT,
    provider=Provider.GOOGLE,
    username="dana@northwind.example",
    client_id="2603",
    client_secret="open, Sesame",
)


def told(before: Server, **changed: Any) -> list[str]:
    with db.reading() as session:
        return entries.by_change(session, before, replace(before, **changed))


@pytest.mark.parametrize(
    ("before", "changed", "said"),
    [
        (RELAY, {"port": 25}, ["sends by mail.example:25"]),
        (
            RELAY,
            {"ignore_certificate": True},
            ["sends by mail.example:587, any certificate"],
        ),
        (RELAY, {"security": Security.TLS}, ["security tls"]),
        (RELAY, {"username": "ben"}, ["username ben"]),
        (RELAY, {"password": "geheim"}, ["new password"]),
        (
            RELAY,
            {"authentication": Authentication.NONE, "username": "", "password": ""},
            ["nobody signs in", "username none"],
        ),
        (
            RELAY,
            {"authentication": Authentication.OAUTH, "password": ""},
            ["signs in as the application"],
        ),
        (RELAY, {"use_connector": True}, ["connector default"]),
        (GMAIL, {"client_id": "2604"}, ["client id 2604"]),
        (GMAIL, {"client_secret": "geheim"}, ["new client secret"]),
        (
            GMAIL,
            {"provider": Provider.MICROSOFT, "client_id": "", "client_secret": ""},
            ["a user signs in at Microsoft 365", "client id none"],
        ),
        (GMAIL, {}, []),
    ],
)
def test_each_change_of_a_server_is_named(
    house: Config, before: Server, changed: dict[str, Any], said: list[str]
) -> None:
    assert told(before, **changed) == said


def test_another_connector_is_named(house: Config) -> None:
    with db.session() as session:
        tunnel = connectors.add(session, "tunnel", "http://ann:geheim@proxy.example:1")

    through = told(RELAY, use_connector=True, connector_id=tunnel.id)

    assert through == ["connector tunnel"]
