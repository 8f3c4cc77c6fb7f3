"""Webhooks: where one is posted to, as whom, and what its answer is taken for."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from portal import config, db
from portal.watch.alerts import webhooks
from portal.workspace.incidents import channels
from portal.workspace.incidents.channels import ChannelRow, Way, Wish
from tests.conftest import Passing
from tests.microsoft.scripted import Server, Step, reply, reset, say
from tests.watch.alerts import steps
from tests.watch.alerts.steps import open_incident

BLOCK = b"x" * 10_000
PATH = "/services/T000/B000/geheim-tail"


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (302, b"", "127.0.0.1 leads elsewhere, where nothing is sent."),
        (400, b"invalid_payload", "127.0.0.1 answered 400: invalid_payload."),
        (400, b"<h1>Internal</h1>", "127.0.0.1 answered 400."),
        (
            404,
            b"",
            "127.0.0.1 answered 404: this webhook is not there, or not allowed any"
            " more. Please make a new one and add it as a channel.",
        ),
    ],
)
def test_a_refusal_is_explained(
    account: UUID, receiver: Server, status: int, body: bytes, why: str
) -> None:
    channel = steps.channel(receiver.url)
    receiver.will(reply(status, body))
    open_incident(account)

    steps.tell()

    assert steps.known(channel.id).failure == why


@pytest.mark.parametrize(
    "answer",
    [
        say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n" + BLOCK * 20),
        say(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"),
        say(b"HTTP/1.1 204 Fine\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n"),
    ],
    ids=["a gigabyte", "cut off", "garbled"],
)
def test_who_says_yes_has_taken_it_whatever_follows(
    account: UUID, receiver: Server, passes: Passing, answer: Step
) -> None:
    channel = steps.channel(receiver.url)
    receiver.will(answer)
    open_incident(account)

    steps.tell()
    passes(hours=1)
    steps.tell()

    assert steps.states(receiver) == ["opened"]
    assert steps.known(channel.id).failure == ""


def test_what_lies_in_a_private_network_is_not_asked(
    account: UUID, receiver: Server
) -> None:
    channel = steps.channel(receiver.url)
    config.use(replace(config.current(), alert_private=()))
    open_incident(account)

    steps.tell()

    assert receiver.requests == []
    assert "leads into a private network" in steps.known(channel.id).failure


def test_it_is_signed_with_the_time_and_a_secret_of_its_own(
    account: UUID, receiver: Server
) -> None:
    with db.session() as session:
        wish = Wish(name="signed", way=Way.WEBHOOK, target=receiver.url)
        _, secret = channels.add(session, wish, "Ann")
    open_incident(account)

    steps.tell()

    [request] = receiver.requests
    signed = request.headers["x-mail-portal-signature"]
    assert signed == webhooks.signature(secret.encode(), request.body)
    assert signed != webhooks.signature(b"another", request.body)
    assert request.headers["x-mail-portal-event"] == steps.bodies(receiver)[0]["id"]


def of_slack(told: Any) -> str:
    # https://docs.slack.dev/reference/block-kit/blocks/header-block
    header, *_ = told["blocks"]
    return str(header["text"]["text"])


def of_teams(told: Any) -> str:
    # https://learn.microsoft.com/power-automate/overview-adaptive-cards
    [attached] = told["attachments"]
    first, *_ = attached["content"]["body"]
    return str(first["inlines"][0]["text"])


HEADINGS: dict[Way, Callable[[Any], str]] = {
    Way.WEBHOOK: lambda told: str(told["title"]),
    Way.SLACK: of_slack,
    Way.TEAMS: of_teams,
}


@pytest.mark.parametrize("way", HEADINGS)
def test_each_product_is_told_in_its_own_form(
    account: UUID, receiver: Server, way: Way
) -> None:
    steps.channel(receiver.url, way)
    open_incident(account)

    steps.tell()

    [request], [told] = receiver.requests, steps.bodies(receiver)
    assert request.headers["content-type"] == "application/json"
    assert HEADINGS[way](told) == "The account default sends nothing."


def test_slack_is_given_no_signature(account: UUID, receiver: Server) -> None:
    steps.channel(receiver.url, Way.SLACK)
    open_incident(account)

    steps.tell()

    assert "x-mail-portal-signature" not in receiver.requests[0].headers


def test_its_secrets_are_sealed_and_in_no_log(
    account: UUID, receiver: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "portal")
    receiver.will(reply(500), reset())
    with db.session() as session:
        wish = Wish(name="x", way=Way.WEBHOOK, target=receiver.url + PATH)
        channel, secret = channels.add(session, wish, "Ann")
    open_incident(account)

    steps.tell()

    with db.reading() as session:
        row = session.get_one(ChannelRow, channel.id)
        shown = repr([value for name, value in vars(row).items() if name[0] != "_"])
    for text in (caplog.text, shown, repr(channel), repr(wish)):
        assert "geheim" not in text
        assert secret not in text
    assert channel.place == "127.0.0.1 …tail"
