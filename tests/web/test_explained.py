"""Page, API, command line and log say the same words, whatever has failed."""

import json
import re
from html import unescape
from typing import Any

import pytest
from flask import Flask

from portal import explanations
from portal.commands import log
from portal.errors import Deferred, Withheld, advice
from portal.explanations import EVERY, Explanation, Place, Told, Who, terminal
from portal.explanations.row import FATES
from portal.intake.http import shapes
from portal.mail.journal import Event, Line
from portal.web.log import entries
from portal.web.messages import story
from portal.workspace.accounts.places import OWN
from tests.web.standings import NOW, SEND_AS

AGAIN = FATES[Deferred]
ROWS = [pytest.param(row, id=name) for name, row in EVERY.items()]


def failed(row: Explanation) -> Line:
    """Write the line of a message that has met it."""
    event = Event.HELD if issubclass(row.kind, Withheld) else Event.FAILED
    command = SEND_AS if row.command else ""
    reason = advice(row.sentence, command)
    return Line(event=event, at=NOW, reason=reason, cause=row.name)


def words(text: str) -> str:
    """Return what is said, without markup and however it is broken into lines."""
    bare = re.sub(r"<[^>]+>|\x1b\[\dm", " ", text)
    return re.sub(r" (?=\.)", "", " ".join(unescape(bare).split()))


def drawn(app: Flask, template: str, **context: Any) -> str:
    with app.test_request_context():
        return words(app.jinja_env.get_template(template).render(context))


def plain(told: dict[str, Any]) -> str:
    """Put what programs are told into the words that stand for it."""
    who, place = Who(told["who"]).called, Place(told["place"]).called
    said = (told["title"], told["why"], *told["steps"], told["command"])
    assert told["retried"] == (AGAIN in told["fate"])
    return " ".join((*said, who, place, told["fate"]))


@pytest.mark.parametrize("row", ROWS)
def test_a_failure_is_told_everywhere_in_the_same_words(
    row: Explanation, showing: Flask
) -> None:
    line = failed(row)
    told = explanations.tell(line.reason, line.cause)
    as_json = json.loads(log.line_as_json(line, OWN))

    said = {
        "page": drawn(
            showing,
            "messages/story.html",
            lines=[story.tell(line)],
            settings=OWN,
        ),
        "log page": drawn(
            showing, "log/lines.html", entries=[entries.entry(7, line, None, None, OWN)]
        ),
        "API": plain(shapes.line(line, OWN)["explanation"]),
        "portal log": words(log.line_as_text(line, OWN)),
        "portal log --json": plain(as_json["explanation"]),
        "portal test": words("\n".join(terminal.explained(told))),
    }

    unsaid = {
        name: [each for each in every(told) if each not in said[name]] for name in said
    }
    assert {name: missing for name, missing in unsaid.items() if missing} == {}
    assert {AGAIN in each for each in said.values()} == {row.retried}


def every(told: Told) -> list[str]:
    """List all that has to be said of a failure."""
    who = told.who.called if told.who else ""
    facts = (told.title, told.why, *told.steps, told.command, who, told.place.called)
    return [each for each in (*facts, told.fate) if each]
