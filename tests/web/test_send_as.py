"""The line that grants Send As: the same wherever it is shown, and out of it no way."""

import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from flask import Flask, render_template

from portal.explanations import tell
from portal.explanations.graph import NO_SEND_AS
from portal.microsoft import problems
from portal.workspace.standing import State
from tests.web.endings import NOT_SENT, connected
from tests.web.standings import (
    BY_ALEX,
    BY_REPORTS,
    EMPTY,
    NOREPLY,
    WELL,
    proposed,
    settings,
)

Place = tuple[str, dict[str, Any]]
ODD = (
    NOREPLY,
    "o'neil@contoso.example",
    "o\u2019neil@contoso.example",
    '"a b"@contoso.example',
    "a`b@contoso.example",
    "$env@contoso.example",
    "a;whoami@contoso.example",
    "<b>@contoso.example",
)


def places(sender: str, username: str) -> dict[str, Place]:
    """Give every page that shows the line, drawn for these two."""
    command = problems.send_as(sender=sender, username=username)
    who = replace(BY_ALEX, username=username, email="")
    told = connected(sender)
    told["connection"] = replace(BY_REPORTS, username=username)
    denied = tell(NO_SEND_AS.sentence, NO_SEND_AS.name, command)
    failed = type(NOT_SENT)(**{**vars(NOT_SENT), "told": denied})
    held = replace(WELL, state=State.NEEDS_ATTENTION, reason="No.", command=command)
    proposal = replace(EMPTY, change=proposed(sender, who))
    return {
        "proposal": ("settings/index.html", settings(proposal)),
        "connected": ("trips/show.html", told),
        "held": ("settings/index.html", settings(held)),
        "test mail": ("settings/verdict.html", settings(WELL, verdict=failed)),
    }


@pytest.mark.parametrize("place", places(NOREPLY, NOREPLY))
@pytest.mark.parametrize("address", ODD)
def test_the_same_escaped_line_is_shown_everywhere(
    showing: Flask, place: str, address: str
) -> None:
    username = f"x.{address}"
    template, context = places(address, username)[place]

    with showing.test_request_context():
        page = render_template(template, **context)

    assert shown(page) == problems.send_as(sender=address, username=username)


def shown(page: str) -> str:
    """Return what is copied, as it stands on a page."""
    (box,) = re.findall(
        r'<div class="command-box">.*?<code>(.*?)</code>', page, re.DOTALL
    )
    return unescape(re.sub(r"<[^>]+>", "", box)).strip()
