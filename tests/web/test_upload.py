"""What a page that is open is told: how far the files are, and that there is news."""

from uuid import UUID

from portal import db
from portal.mail import content, transfers
from portal.mail.journal import Event
from portal.mail.outbox import State
from portal.mail.transfers import Transfer
from tests.conftest import Passing
from tests.mail import backlog
from tests.web.browsing import JSON, Browser, words
from tests.web.posting import end

MB = 1_000_000  # bytes


def test_a_page_that_is_open_learns_how_far_the_files_are(
    sender: Browser, message: UUID, passes: Passing
) -> None:
    backlog.take()
    with db.session() as session:
        key = content.find(session, message).key
        transfers.plan(session, message, {1: 48 * MB})
        start = Transfer(part=1, size=48 * MB, url="https://up.example/1")
        transfers.go_on(session, message, key, start)
    passes(seconds=2)
    with db.session() as session:
        transfers.advance(session, message, 1, 12 * MB)

    answer = sender.get(f"/messages/{message}/progress", Accept=JSON)
    page = sender.get(f"/messages/{message}")

    told = answer.get_json()
    assert answer.headers["Cache-Control"] == "no-store"
    assert told["state"] == "sending"
    assert (told["upload"]["done"], told["upload"]["total"]) == (12 * MB, 48 * MB)
    assert told["upload"]["amount"] == "12.0 MB of 48.0 MB uploaded, 25 %"
    assert told["upload"]["pace"] == "6.0 MB/s, about 6 s left."
    assert told["upload"]["step"] == 20
    assert f'max="{48 * MB}" value="{12 * MB}"' in page.text
    assert told["upload"]["amount"] in words(page)
    assert f'data-news="{told["news"]}"' in page.text
    assert "https://up.example" not in page.text + answer.text


def test_there_is_news_when_the_state_is_another(
    sender: Browser, message: UUID
) -> None:
    there = f"/messages/{message}/progress"
    before = sender.get(there, Accept=JSON).get_json()["news"]

    end(message, State.SENT, Event.SENT)

    assert sender.get(there, Accept=JSON).get_json()["news"] != before


def test_what_has_ended_is_not_asked_about(sender: Browser, message: UUID) -> None:
    before = sender.get(f"/messages/{message}").text
    end(message, State.SENT, Event.SENT)
    after = sender.get(f"/messages/{message}").text

    for mark in ("data-follow", "message.js", 'http-equiv="refresh"'):
        assert mark in before
        assert mark not in after
