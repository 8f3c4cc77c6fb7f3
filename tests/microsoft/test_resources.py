"""Permissions of two resources: each is asked for, and known again, by its own name."""

import json
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest

from portal import config
from portal.microsoft import login
from portal.microsoft.login import Registration
from tests.microsoft.scripted import reply, serve

GRAPH = "https://graph.microsoft.com/"
OUTLOOK = "https://outlook.office.com/"
SUBMIT = ("SMTP.Send", "offline_access")


def renewed(
    app: Registration, asked: tuple[str, ...], told: str
) -> tuple[str, frozenset[str]]:
    """Renew, and be told these scopes; return what was asked for, and what is known."""
    answer = {"access_token": "a", "expires_in": 3599, "scope": told}
    with serve() as server:
        server.will(reply(200, json.dumps(answer).encode()))
        grant = login.renew(replace(app, login_url=server.url), "r", asked)
        form = dict(parse_qsl(server.requests[0].body.decode()))
    return form["scope"], grant.scopes


def test_exchange_is_asked_for_by_its_own_name(app: Registration) -> None:
    asked, _ = renewed(app, SUBMIT, "")

    assert asked == f"{OUTLOOK}SMTP.Send offline_access"


@pytest.mark.parametrize(
    "told",
    [
        f"{OUTLOOK}SMTP.Send",
        "https://outlook.office365.com/smtp.send",
        "SMTP.SEND",
        "",
    ],
)
def test_however_its_permission_is_told_it_is_known(
    app: Registration, told: str
) -> None:
    prefixes = (OUTLOOK, "https://outlook.office365.com/")
    app = replace(app, submission_prefixes=prefixes)

    _, known = renewed(app, SUBMIT, told)

    assert "SMTP.Send" in known


def test_a_permission_of_the_same_name_at_graph_is_another(app: Registration) -> None:
    _, known = renewed(app, SUBMIT, f"{GRAPH}SMTP.Send {GRAPH}Mail.Send")

    assert not {"SMTP.Send", "Mail.Send"} & known


def test_what_graph_grants_is_known_as_before(app: Registration) -> None:
    asked, known = renewed(app, ("Mail.Send",), f"{GRAPH}mail.send {OUTLOOK}SMTP.Send")

    assert asked == f"{app.scope_prefix}Mail.Send"
    assert "Mail.Send" in known
    assert "SMTP.Send" not in known


@pytest.mark.parametrize(
    ("cloud", "prefix"),
    [
        ("global", OUTLOOK),
        ("usgov", "https://outlook.office365.us/"),
        ("dod", "https://outlook-dod.office365.us/"),
        ("china", "https://partner.outlook.cn/"),
    ],
)
def test_each_cloud_has_an_exchange_of_its_own(cloud: str, prefix: str) -> None:
    chosen = config.read({"PORTAL_CLOUD": cloud})

    assert chosen.submission_prefixes[0] == prefix
