"""`portal status --verify`: what a From address seems to be, and what it takes."""

import json

from portal.config import Config
from tests.sandbox.serving import Sandbox
from tests.terminal import portal
from tests.trip import connect_large

ADMIN, NOREPLY = "admin@contoso.example", "noreply@contoso.example"


def test_it_tells_what_the_address_takes(house: Config, sandbox: Sandbox) -> None:
    connect_large(house, sandbox, ADMIN, NOREPLY)

    ran = portal("status", "--verify")

    assert ran.code == 0
    assert "Seems         It is another mailbox of your organization" in ran.out
    assert f"To give it    Add-RecipientPermission -Identity '{NOREPLY}'" in ran.out
    assert sandbox.mails() == []


def test_programs_are_told_the_same(house: Config, sandbox: Sandbox) -> None:
    connect_large(house, sandbox, ADMIN, NOREPLY)

    ran = portal("status", "--verify", "--json")

    [account] = json.loads(ran.out)["accounts"]
    assert account["verified"]["kind"] == "mailbox"
    assert account["verified"]["well"] is True


def test_what_is_missing_needs_attention(house: Config, sandbox: Sandbox) -> None:
    connect_large(house, sandbox, ADMIN, NOREPLY)
    sandbox.fault("503", only="/messages")

    ran = portal("status", "--verify")

    assert ran.code == 1
    assert "Seems         Microsoft is too busy right now" in ran.out


def test_nobody_is_asked_without_it(house: Config, sandbox: Sandbox) -> None:
    connect_large(house, sandbox, ADMIN, NOREPLY)
    sandbox.clear()

    assert "Seems" not in portal("status").out
    assert sandbox.calls("/messages") == []
