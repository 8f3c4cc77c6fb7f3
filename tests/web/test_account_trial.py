"""Test setting: the same test mail from the page of an account."""

import pytest

from tests.delivery.steps import work
from tests.mail import backlog
from tests.web.browsing import Browser, words

MAIL = {"to": "jane@example.com", "subject": "Trial", "text": "Well."}


@pytest.fixture
def at(sender: Browser) -> str:
    """Return where the account that sends is tried."""
    return f"/accounts/{backlog.account()}/test"


def send(ann: Browser, at: str) -> str:
    """Send a test mail; return what its page says once it was tried."""
    answer = ann.post(at, MAIL, form_at=at)
    work()
    return words(ann.follow(answer))


def test_a_refused_one_asks_to_look_at_the_settings_of_this_account(
    sender: Browser, at: str
) -> None:
    sender.sandbox.fault("error")

    said = send(sender, at)

    assert "verify if the settings of this account are correct! " in said
    assert "The mailbox is full." in said
