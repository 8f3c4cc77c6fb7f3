"""Test setting: the same test mail from the page of an account."""

import pytest
from sqlalchemy import update

from portal import db
from portal.workspace.people.sessions import SessionRow
from tests import stored
from tests.delivery.steps import work
from tests.mail import backlog
from tests.trip import ANN
from tests.web.branch import fields
from tests.web.browsing import Browser, value, words
from tests.web.losing import lose

NO_ADDRESS = (
    "There is no e-mail defined for your Administrator Account. You must setup the"
    " e-mail address from Microsoft 365 admin center > Active users."
)
MAIL = {"to": "jane@example.com", "subject": "Trial", "text": "Well."}


@pytest.fixture
def at(sender: Browser) -> str:
    """Return where the account that sends is tried."""
    return f"/accounts/{backlog.account()}/test"


@pytest.fixture
def unaddressed(sender: Browser) -> Browser:
    """Let Microsoft know no address of the admin."""
    with db.session() as session:
        session.execute(update(SessionRow).values(username="", email=""))
    return sender


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


@pytest.mark.parametrize("page", ["/settings/test", "/accounts/{id}/test"])
def test_one_whose_answer_was_lost_may_have_been_sent(
    sender: Browser, page: str
) -> None:
    sender.sandbox.fault("504-accepted", only="sendMail")
    at = page.format(id=backlog.account())

    said = lose(sender, at, MAIL)

    assert "The test e-mail may have been sent to jane@example.com" in said
    assert "The answer was lost" in said
    assert "Decide about it" in said
    assert "Failed to send" not in said
    assert "Try again" not in said


@pytest.mark.parametrize("page", ["/settings/test", "/accounts/{id}/test"])
def test_an_admin_without_an_address_is_told_so_and_may_type_one(
    unaddressed: Browser, page: str
) -> None:
    shown = unaddressed.get(page.format(id=backlog.account()))

    assert f"{NO_ADDRESS} Or type an address" in words(shown)
    assert value(shown, "to") == ""


def test_what_is_typed_is_not_tried_for_an_admin_without_an_address(
    unaddressed: Browser,
) -> None:
    answer = unaddressed.post("/accounts/trial", fields(), form_at="/accounts/new")

    assert answer.status_code == 422
    assert NO_ADDRESS in words(answer)
    assert stored.rows("message") == 0


def test_an_admin_with_an_address_finds_it_filled_in(sender: Browser, at: str) -> None:
    shown = sender.get(at)

    assert "no e-mail defined" not in words(shown)
    assert value(shown, "to") == ANN
