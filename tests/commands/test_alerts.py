"""Alerts at the command line: channels are added, tried and removed, never shown."""

import json
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network

import pytest
from sqlalchemy import select

from portal import config, db
from portal.config import Config
from portal.mail.outbox import MessageRow
from portal.workspace import audit
from tests import terminal
from tests.mail import backlog
from tests.microsoft.scripted import Server, reply, serve

SLACK = b"https://hooks.slack.com/services/T000/B000/geheim-tail\n"


@pytest.fixture
def receiver(house: Config) -> Iterator[Server]:
    """Serve a webhook on this machine, where alerts may go."""
    with serve() as server:
        here = (ip_network("127.0.0.1/32"),)
        config.use(replace(config.current(), alert_private=here))
        yield server


def add(server: Server, name: str = "ops", path: str = "/geheim") -> terminal.Ran:
    return terminal.portal("alerts", "add", name, piped=f"{server.url}{path}".encode())


def test_a_channel_is_kept_and_its_address_never_shown(house: Config) -> None:
    added = terminal.portal("alerts", "add", "ops", piped=SLACK)
    listed = terminal.portal("alerts", "list")
    as_json = terminal.portal("alerts", "list", "--json")
    removed = terminal.portal("alerts", "remove", "ops")

    assert added.out == "ops tells hooks.slack.com …tail.\n"
    assert listed.out == (
        "ops  slack  hooks.slack.com …tail  not told of anything yet\n"
    )
    assert json.loads(as_json.out)["way"] == "slack"
    assert removed.out == "Removed ops.\n"
    assert "geheim" not in f"{added}{listed}{as_json}"


def test_the_secret_that_it_signs_with_is_shown_once(receiver: Server) -> None:
    added = add(receiver)
    listed = terminal.portal("alerts", "list", "--json")

    secret = added.out.split()[-1]
    assert len(bytes.fromhex(secret)) == 32
    assert secret not in listed.out


def test_a_channel_is_tried(receiver: Server) -> None:
    add(receiver)

    tried = terminal.portal("alerts", "test", "ops")

    assert (tried.code, tried.out) == (0, "ops took it.\n")
    assert json.loads(receiver.requests[0].body)["state"] == "test"
    assert "took the last one" in terminal.portal("alerts", "list").out


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[fd00::1]", "10.1.2.3"])
def test_what_lies_in_a_private_network_is_not_added(house: Config, host: str) -> None:
    added = terminal.portal("alerts", "add", "ops", piped=f"https://{host}/".encode())

    assert (added.code, added.out) == (2, "")
    assert f"{host.strip('[]')} leads into a private network" in added.err
    assert "PORTAL_ALERT_PRIVATE" in added.err
    assert terminal.portal("alerts", "list").out == ""


def test_what_is_open_or_must_be_looked_up_is_added(receiver: Server) -> None:
    server = receiver.url.replace("127.0.0.1", "localhost").encode()

    added = terminal.portal("alerts", "add", "ops", piped=server)
    other = terminal.portal("alerts", "add", "net", piped=b"https://ops.invalid/x")

    assert (added.code, other.code) == (0, 0)


def test_a_channel_that_refuses_says_why(receiver: Server) -> None:
    add(receiver)
    receiver.will(reply(404))

    tried = terminal.portal("alerts", "test", "ops")

    assert tried.code == 1
    assert "this webhook is not there" in tried.out
    assert "failed 20" in terminal.portal("alerts", "list").out


def test_a_mailbox_is_told_by_an_account(house: Config) -> None:
    backlog.open_lane(backlog.account())
    to = ("--mail", "ann@contoso.example")

    added = terminal.portal("alerts", "add", "ann", *to, "--account", "default")
    tried = terminal.portal("alerts", "test", "ann")

    assert added.out == "ann tells ann@contoso.example.\n"
    assert tried.out == "ann took it.\n"
    with db.reading() as session:
        [letter] = session.scalars(select(MessageRow))
    assert (letter.to, letter.tags) == (["ann@contoso.example"], ["alert"])


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--mail", "ann@contoso.example"), "Please name the account"),
        (("--account", "default"), "--account belongs to --mail."),
        (("--mail", "ann", "--account", "default"), "Invalid value"),
        (("--way", "slack"), "Please give the address of a webhook"),
    ],
)
def test_half_a_channel_is_none(
    house: Config, words: tuple[str, ...], why: str
) -> None:
    backlog.account()

    added = terminal.portal("alerts", "add", "ops", *words, piped=b"geheim\n")

    assert added.code == 2
    assert why in added.err
    assert "geheim" not in added.err


def test_who_changed_a_channel_is_noted_without_its_address(house: Config) -> None:
    terminal.portal("alerts", "add", "ops", piped=SLACK)
    terminal.portal("alerts", "remove", "ops")

    with db.reading() as session:
        noted = audit.page(session, None, 10)

    assert [each.action for each in noted] == [
        "removed alert channel",
        "added alert channel: slack",
    ]
    assert "geheim" not in repr(noted)
