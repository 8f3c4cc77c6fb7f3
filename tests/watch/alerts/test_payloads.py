"""Payloads: each webhook is given what it understands, and nothing that acts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from portal import config
from portal.config import Config
from portal.explanations import Who
from portal.explanations.graph import NO_SEND_AS
from portal.watch.alerts import payloads, webhooks
from portal.workspace.incidents import Condition, Kind
from portal.workspace.incidents.alerts import Event
from portal.workspace.incidents.channels import Way
from portal.workspace.incidents.stages import Stage

HOSTILE = "<!channel> & <https://evil.example|click> [click](https://evil.example) *x*"
OPENED = datetime(2026, 11, 20, 14, 32, tzinfo=UTC)


def event(stage: Stage = Stage.OPENED, why: str = "The sign-in has ended.") -> Event:
    return Event(
        id=UUID(int=7),
        stage=stage,
        condition=Condition(
            kind=Kind.ACCOUNT_HELD,
            subject="018f",
            title="The account default sends nothing.",
            why=why,
            steps=("Please press Sign In on its page.",),
            who=Who.WORKSPACE,
            link="/settings",
        ),
        opened_at=OPENED,
    )


@pytest.fixture(autouse=True)
def named(settings: Config) -> None:
    """Let the portal have an address."""
    config.use(replace(settings, base_url="https://mail.contoso.example"))


def texts(shape: Any) -> str:
    """Return everything that stands in a payload."""
    if isinstance(shape, dict):
        return " ".join(map(texts, shape.values()))
    return " ".join(map(texts, shape)) if isinstance(shape, list) else str(shape)


def test_our_own_says_everything_by_name() -> None:
    assert payloads.generic(event()) == {
        "version": 1,
        "id": "00000000-0000-0000-0000-000000000007",
        "kind": "account-held",
        "subject": "018f",
        "state": "opened",
        "opened_at": "2026-11-20T14:32:00+00:00",
        "closed_at": None,
        "seconds": None,
        "title": "The account default sends nothing.",
        "why": "The sign-in has ended.",
        "steps": ["Please press Sign In on its page."],
        "who": "workspace admin",
        "cause": "",
        "explanation": "",
        "link": "https://mail.contoso.example/settings",
    }


def test_slack_is_given_blocks_and_a_line_for_notifications() -> None:
    shape = payloads.slack(event())

    assert shape["text"] == "The account default sends nothing."
    header, body, context, link = shape["blocks"]
    assert header["text"]["type"] == "plain_text"
    assert body["text"]["text"] == (
        "The sign-in has ended.\n1. Please press Sign In on its page."
    )
    assert context["elements"][0]["text"] == (
        "Since 2026-11-20 14:32 UTC; for: workspace admin"
    )
    assert link["text"]["text"].startswith("<https://mail.contoso.example/settings|")


def test_nothing_calls_a_channel_of_slack_together() -> None:
    shape = payloads.slack(event(why=HOSTILE))

    assert "<!channel>" not in texts(shape)
    assert "<https://evil" not in texts(shape)


def test_slack_is_given_no_block_that_it_would_refuse() -> None:
    shape = payloads.slack(event(why="x" * 10_000))

    assert len(shape["blocks"][1]["text"]["text"]) <= 3000
    assert len(shape["blocks"][0]["text"]["text"]) <= 150


def test_teams_is_given_a_message_with_one_card() -> None:
    shape = payloads.teams(event())

    [attached] = shape["attachments"]
    card = attached["content"]
    assert shape["type"] == "message"
    assert attached["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert {each["type"] for each in card["body"]} == {"RichTextBlock"}
    assert card["actions"][0]["url"] == "https://mail.contoso.example/settings"


def test_nothing_of_a_card_is_markup() -> None:
    card = payloads.teams(event(why=HOSTILE))["attachments"][0]["content"]

    assert "TextBlock" not in {each["type"] for each in card["body"]}
    assert HOSTILE in texts(card)


def test_a_card_is_never_larger_than_teams_takes() -> None:
    long = replace(event().condition, why="ü" * 9_000, steps=("ü" * 9_000,) * 5)

    shape = payloads.teams(replace(event(), condition=long))

    assert len(texts(shape)) * 2 < 28_000


@pytest.mark.parametrize(
    ("stage", "heading"),
    [
        (Stage.OPENED, "The account default sends nothing."),
        (Stage.REMINDER, "Still so: The account default sends nothing."),
        (Stage.RECOVERED, "Over: The account default sends nothing."),
    ],
)
def test_a_heading_says_how_it_stands(stage: Stage, heading: str) -> None:
    assert payloads.slack(event(stage))["text"] == heading


def test_what_is_over_asks_nobody_for_anything() -> None:
    closed = replace(event(Stage.RECOVERED), closed_at=OPENED.replace(hour=15))

    told = payloads.text(closed)

    assert "Sign In" not in told
    assert "Since 2026-11-20 14:32 UTC, until 2026-11-20 15:32 UTC: 1 h\n" in told


@pytest.mark.parametrize(
    ("lasted", "spelled"),
    [
        (timedelta(seconds=4), "1 min"),
        (timedelta(minutes=59, seconds=40), "1 h"),
        (timedelta(hours=3, minutes=7), "3 h 7 min"),
        (timedelta(days=2, hours=1, minutes=30), "2 d 1 h"),
    ],
)
def test_the_end_says_how_long_it_was(lasted: timedelta, spelled: str) -> None:
    closed = replace(event(Stage.RECOVERED), closed_at=OPENED + lasted)

    assert payloads.told(closed).endswith(f": {spelled}")
    assert payloads.generic(closed)["seconds"] == lasted.total_seconds()


def test_everybody_is_told_what_the_pages_call_it() -> None:
    explained = replace(event().condition, cause=NO_SEND_AS.name)

    shapes = [
        shape(replace(event(), condition=explained))
        for shape in (payloads.generic, payloads.slack, payloads.teams, payloads.text)
    ]

    assert all(NO_SEND_AS.title in texts(shape) for shape in shapes)


@pytest.mark.parametrize(
    ("url", "way"),
    [
        ("https://hooks.slack.com/services/T/B/x", Way.SLACK),
        ("https://prod-1.westeurope.logic.azure.com:443/workflows/x", Way.TEAMS),
        ("https://default1.2.environment.api.powerplatform.com/p", Way.TEAMS),
        ("https://hooks.slack.com.evil.example/", Way.WEBHOOK),
        ("https://alerts.contoso.example/", Way.WEBHOOK),
    ],
)
def test_a_host_tells_what_it_understands(url: str, way: Way) -> None:
    assert webhooks.guess(url) is way
