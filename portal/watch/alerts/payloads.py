"""Payloads: an event as webhooks want it: our own JSON, Slack's, and Teams'.

Texts that come from elsewhere are quoted, so that nothing in them becomes a link, or
calls a whole channel together.
"""

from datetime import timedelta
from typing import Any

from portal import config, explanations
from portal.workspace.incidents.alerts import Event
from portal.workspace.incidents.stages import Stage

VERSION = 1
MINUTE = "%Y-%m-%d %H:%M UTC"
# Slack refuses a block whose text is longer: 150 in a header, 3,000 in a section.
# https://docs.slack.dev/reference/block-kit/blocks/
SLACK_HEADER, SLACK_TEXT = 150, 2_900
TEAMS_TEXT = 1_500  # of a text; a whole message has 28 KB at most
OPEN = "Open Mail Portal"
LOOKS = {Stage.RECOVERED: "Good", Stage.TEST: "Accent"}
# https://learn.microsoft.com/power-automate/overview-adaptive-cards
CARD = "application/vnd.microsoft.card.adaptive"
SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"


def link(event: Event) -> str:
    """Return the address of the page that mends it."""
    return f"{config.current().base_url}{event.condition.link}"


def generic(event: Event) -> dict[str, Any]:
    """Return the event as docs/alerts.md describes it."""
    condition, closed = event.condition, event.closed_at
    return {
        "version": VERSION,
        "id": str(event.id),
        "kind": condition.kind,
        "subject": condition.subject,
        "state": event.stage,
        "opened_at": event.opened_at.isoformat(timespec="seconds"),
        "closed_at": closed and closed.isoformat(timespec="seconds"),
        "seconds": closed and int((closed - event.opened_at).total_seconds()),
        "title": condition.title,
        "why": condition.why,
        "steps": [*condition.steps],
        "who": condition.who,
        "cause": condition.cause,
        "explanation": _explanation(event),
        "link": link(event),
    }


def slack(event: Event) -> dict[str, Any]:
    """Return the event as a Slack message: https://docs.slack.dev/messaging/."""
    heading = _mrkdwn(event.heading)
    body = "\n".join(_mrkdwn(line) for line in _lines(event))
    return {
        "text": heading,
        "blocks": [
            {"type": "header", "text": _plain(event.heading)},
            {"type": "section", "text": _marked(body)},
            {"type": "context", "elements": [_marked(_mrkdwn(told(event)))]},
            {"type": "section", "text": _marked(f"<{link(event)}|{OPEN}>")},
        ],
    }


def teams(event: Event) -> dict[str, Any]:
    """Return the event as the card that a workflow posts in Teams.

    Its texts are runs, which have no markup: https://adaptivecards.io/explorer/TextRun.
    """
    look = LOOKS.get(event.stage, "Attention")
    body = [
        _run(event.heading, weight="Bolder", size="Medium", color=look),
        *(_run(line) for line in _lines(event)),
        _run(told(event), isSubtle=True, size="Small"),
    ]
    card = {
        "$schema": SCHEMA,
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "actions": [{"type": "Action.OpenUrl", "title": OPEN, "url": link(event)}],
    }
    return {
        "type": "message",
        "attachments": [{"contentType": CARD, "contentUrl": None, "content": card}],
    }


def text(event: Event) -> str:
    """Return the event as a mail tells it."""
    return "\n\n".join([event.heading, *_lines(event), told(event), link(event)]) + "\n"


def told(event: Event) -> str:
    """Say since when it is so, and who can end it."""
    since = f"Since {event.opened_at:{MINUTE}}"
    if event.closed_at:
        lasted = spelled(event.closed_at - event.opened_at)
        return f"{since}, until {event.closed_at:{MINUTE}}: {lasted}"
    return f"{since}; for: {event.condition.who}"


def spelled(time: timedelta) -> str:
    """Spell a duration by its two greatest units: 3 h 7 min."""
    minutes = max(round(time / timedelta(minutes=1)), 1)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    named = ((days, "d"), (hours, "h"), (minutes, "min"))
    return " ".join([f"{count} {unit}" for count, unit in named if count][:2])


def _lines(event: Event) -> list[str]:
    """Return why it is so; and as long as it is, the steps that end it."""
    over = event.stage == Stage.RECOVERED
    steps = () if over else event.condition.steps
    numbered = [f"{number}. {step}" for number, step in enumerate(steps, start=1)]
    return [*filter(None, [_explanation(event)]), event.condition.why, *numbered]


def _explanation(event: Event) -> str:
    """Return the title under which the log and the pages explain it, if they do."""
    row = explanations.find(event.condition.cause)
    return row.title if row else ""


def _mrkdwn(words: str) -> str:
    # https://docs.slack.dev/messaging/formatting-message-text#escaping
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plain(words: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": words[:SLACK_HEADER], "emoji": False}


def _marked(words: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": words[:SLACK_TEXT], "verbatim": True}


def _run(words: str, **look: object) -> dict[str, Any]:
    run = {"type": "TextRun", "text": words[:TEAMS_TEXT], **look}
    return {"type": "RichTextBlock", "inlines": [run]}
