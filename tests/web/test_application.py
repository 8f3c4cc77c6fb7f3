"""Pages beside an account that sends by application permission: as they were."""

from typing import Any
from uuid import UUID

import pytest

from portal import config
from portal.explanations.graph import NO_MAILBOX_THERE
from portal.mail.message import Attachment
from portal.mail.outbox import State
from tests.delivery import applying
from tests.delivery.steps import record
from tests.sandbox.serving import Sandbox
from tests.web.browsing import Browser, value, words

TEAM = "team@contoso.example"
LARGE = {"attachments": [Attachment(b"x" * 4_500_000, name="large.bin")]}


@pytest.fixture
def added(ann: Browser, sandbox: Sandbox) -> Browser:
    """Add an account that may send as any address of Contoso's."""
    applying.approve(config.current(), sandbox)
    applying.add(applying.DOMAIN)
    return ann


def held(sender: str, **fields: Any) -> UUID:
    message = applying.send(sender, **fields)
    assert record(message).state == State.HELD
    return message


@pytest.mark.parametrize("address", ["/settings", "/setup", "/messages"])
def test_every_page_is_there(added: Browser, address: str) -> None:
    held(TEAM)

    assert added.get(address).status_code == 200


def test_a_message_tells_why_a_group_does_not_send(added: Browser) -> None:
    page = added.get(f"/messages/{held(TEAM)}")

    assert page.status_code == 200
    assert NO_MAILBOX_THERE.sentence in words(page)
    assert TEAM in words(page)


def test_a_message_that_needs_large_files_is_shown(added: Browser) -> None:
    message = held("reports@contoso.example", **LARGE)

    assert added.get(f"/messages/{message}").status_code == 200


def test_another_account_is_only_named_in_tenant_settings(added: Browser) -> None:
    page = added.get("/settings")

    assert value(page, "sender") == ""
    assert "Not connected" in words(page)
    assert "mail leaves as any address @contoso.example" in words(page)
