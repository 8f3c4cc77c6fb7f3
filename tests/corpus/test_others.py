"""Mails that other programs write, through the doors that they would use."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from portal.config import Config
from tests.corpus import journey, mails, others, unchanged
from tests.sandbox.serving import Sandbox

ROADS = ["own", "draft"]


def changed(
    brought: Mapping[str, bytes], arrived: Mapping[str, journey.Arrived]
) -> dict[str, str]:
    found = {n: unchanged.difference(raw, arrived[n]) for n, raw in brought.items()}
    return {name: what for name, what in found.items() if what}


@pytest.mark.parametrize("road", ROADS)
def test_what_nodemailer_writes_arrives_byte_for_byte(
    house: Config, sandbox: Sandbox, road: str
) -> None:
    written = others.by_nodemailer()
    sender = journey.connected(road, house, sandbox)
    brought = mails.sent_from(written, sender)

    arrived = journey.travelled(brought, journey.http(), sandbox)

    assert changed(brought, arrived) == {}
    assert arrived["many people"].bcc == ["hidden@x.example"]


@pytest.mark.parametrize("road", ROADS)
def test_what_git_sends_arrives_byte_for_byte(
    house: Config, sandbox: Sandbox, tmp_path: Path, road: str
) -> None:
    sender = journey.connected(road, house, sandbox)
    accepted = others.by_git(tmp_path, sender, house.instance)
    brought = {str(message): raw for message, raw in accepted.items()}

    arrived = journey.sent({str(each): each for each in accepted}, sandbox)

    assert changed(brought, arrived) == {}
