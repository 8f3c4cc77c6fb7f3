"""Reset, and the word about mail that waited too long: asked first, then done."""

from uuid import UUID

import pytest

from portal import db
from portal.mail.outbox import State, overdue, records
from tests import trip
from tests.conftest import Passing
from tests.mail import backlog
from tests.trip import ANN
from tests.web import branch
from tests.web.browsing import Browser, words
from tests.web.posting import offered, possible, press, shown

NOREPLY = "noreply@contoso.example"
HELD = {"Retry", "Cancel"}


def state(message: UUID) -> State:
    with db.reading() as session:
        return records.find(session, message).state


@pytest.fixture
def aged(ann: Browser, passes: Passing) -> list[UUID]:
    """Set two messages aside that wait for a word."""
    ann.enable(ANN)
    account = backlog.account()
    passes(days=-6)
    messages = [backlog.put(account), backlog.put(account)]
    passes(days=6)
    with db.session() as session:
        overdue.set_aside(session, account)
    return messages


def test_reset_asks_first_and_changes_nothing_by_asking(ann: Browser) -> None:
    ann.enable(ANN)

    page = ann.get("/settings/reset")

    assert "Reset this connection?" in words(page)
    assert trip.in_force()[1] == ANN


def test_reset_takes_back_from_switch_tokens_and_links(
    ann: Browser,
) -> None:
    ann.enable(ANN, large=True)
    change = ann.ask(NOREPLY, large=True)
    message = backlog.put(backlog.account())

    page = ann.follow(ann.post("/settings/reset", form_at="/settings/reset"))

    assert "The connection was reset" in words(page)
    assert "Not connected" in words(page)
    assert f'value="{ANN}"' not in page.text
    assert "Enable</button>" in page.text
    assert state(message) == State.HELD
    assert "ended by Reset" in words(ann.get(f"/settings?change={change}"))


def test_after_reset_another_from_is_enabled_and_what_waited_goes_out(
    ann: Browser,
) -> None:
    ann.enable(ANN)
    message = backlog.put(backlog.account())
    ann.post("/settings/reset")

    ann.enable("reports@contoso.example", "reports@contoso.example")

    assert trip.in_force()[1] == "reports@contoso.example"
    assert state(message) == State.QUEUED


def test_resetting_twice_does_no_harm(ann: Browser) -> None:
    for _ in range(2):
        assert ann.post("/settings/reset").headers["Location"] == "/settings"


def test_old_mail_is_sent_when_somebody_says_so(ann: Browser, aged: list[UUID]) -> None:
    before = ann.get("/settings")

    page = ann.follow(ann.post("/settings/waiting-mail"))

    assert "2 messages wait for your decision" in words(before)
    assert "2 messages go out." in words(page)
    assert {state(message) for message in aged} == {State.QUEUED}


def test_old_mail_is_cancelled_when_somebody_says_so(
    ann: Browser, aged: list[UUID]
) -> None:
    page = ann.follow(ann.post("/settings/waiting-mail/discard"))

    assert "2 messages were discarded." in words(page)
    assert {state(message) for message in aged} == {State.CANCELLED}


@pytest.mark.parametrize(
    ("button", "told", "ended"),
    [
        ("waiting-mail", "1 message goes out.", State.QUEUED),
        ("waiting-mail/discard", "1 message was discarded.", State.CANCELLED),
    ],
)
def test_old_mail_of_a_server_waits_on_the_page_of_its_account(
    ann: Browser, passes: Passing, button: str, told: str, ended: State
) -> None:
    account = branch.add(ann)
    passes(days=-6)
    message = backlog.put(account.id)
    passes(days=6)
    with db.session() as session:
        overdue.set_aside(session, account.id)
    at = f"/accounts/{account.id}"

    before = words(ann.get(at))
    answer = ann.post(f"{at}/settings/{button}", form_at=at)

    assert "1 message waits for your decision" in before
    assert answer.headers["Location"] == at
    assert told in words(ann.follow(answer))
    assert state(message) == ended
    assert "waits for your decision" not in words(ann.get(at))


def test_mail_out_of_a_backup_is_told_from_old_mail(
    ann: Browser, passes: Passing
) -> None:
    ann.enable(ANN)
    message = backlog.put(backlog.account())
    with db.session() as session:
        overdue.set_all_aside(session)

    page = words(ann.get("/settings"))

    assert "1 message waits for your decision" in page
    assert "1 message comes from a restored backup" in page
    assert "five days" not in page
    ann.post("/settings/waiting-mail")
    assert state(message) == State.QUEUED


def test_what_a_backup_brought_back_is_settled_by_who_finds_it_among_the_sent(
    ann: Browser,
) -> None:
    ann.enable(ANN)
    message = backlog.put(backlog.account())
    with db.session() as session:
        overdue.set_all_aside(session)
    page = shown(ann, message)

    assert offered(ann, message) == possible(message) == {"It arrived", *HELD}
    assert "Then say that it arrived, or else retry it." in page
    assert "Where on this page" in page
    press(ann, message, "arrival")
    assert state(message) == State.SENT
    assert "wait for your decision" not in words(ann.get("/settings"))
