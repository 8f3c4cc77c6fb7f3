"""The overview: its numbers are the table's, and what needs a human has a button."""

import re
import threading

import pytest

from portal import db
from portal.mail import journal
from portal.mail.journal import Event, Line
from portal.mail.outbox import State, overdue
from portal.watch.alerts import looking
from portal.web.overview import upcoming
from portal.workspace import accounts
from portal.workspace.accounts import Server
from tests.conftest import Passing
from tests.mail import backlog
from tests.trip import ANN
from tests.web.browsing import Browser, words
from tests.web.overview.reading import coming
from tests.web.posting import end, needy, put

NUMBER = re.compile(
    r'<dt>.*?</svg>(.*?)</dt>\s*<dd><span class="n">(.*?)</span>', re.DOTALL
)


def tell(*events: Event) -> None:
    """Let it happen now."""
    with db.session() as session:
        for event in events:
            line = Line(event=event, account_id=backlog.account())
            journal.write(session, line)


def numbers(ann: Browser) -> dict[str, str]:
    """Return the four numbers by their names."""
    return dict(NUMBER.findall(ann.get("/").text))


def table(ann: Browser, period: str = "") -> list[list[str]]:
    """Return what each row says, the last of them of now."""
    page = ann.get(f"/?period={period}").text
    rows = re.findall(r'scope="row">.*?</tr>', page, re.DOTALL)
    return [re.findall(r"<td .*?>(.*?)</td>", row) for row in rows]


def drawn(ann: Browser, look: str) -> int:
    """Count the bars of one kind in the wide drawing."""
    [wide, _] = re.findall(r'<svg class="chart.*?</svg>', ann.get("/").text, re.DOTALL)
    return str(wide).count(f'class="{look}"')


def named(ann: Browser) -> str:
    """Return what the drawing says to who cannot see it."""
    said = set(re.findall(r"<desc [^>]*>([^<]*)</desc>", ann.get("/").text))
    [both] = said
    return str(both)


def test_the_first_day_has_no_mail_and_a_mailbox_to_connect(ann: Browser) -> None:
    page = words(ann.get("/"))

    assert "No mail yet" in page
    assert "No mailbox is connected yet." in page
    assert list(coming(ann)) == [("default is not connected yet", "/settings")]


def test_the_numbers_are_those_of_the_table_and_of_the_drawing(
    sender: Browser, passes: Passing
) -> None:
    passes()  # it stays today
    end(put(), State.SENT, Event.SENT)
    end(put(), State.FAILED, Event.FAILED)
    end(put(), State.HELD, Event.HELD)
    put()

    found = numbers(sender)

    assert found == {
        "Sent today": "1",
        "Queued": "1",
        "Need you": "1",
        "Failed today": "1",
    }
    assert table(sender)[-1] == ["1", "1", "1"]
    assert [drawn(sender, look) for look in ("sent", "wait", "fail")] == [1, 1, 1]
    assert "Sent: 1, between 0 and 1 a day. In need of you: 1. Failed: 1." in (
        named(sender)
    )


def test_what_was_sent_on_another_day_is_that_days(
    sender: Browser, passes: Passing
) -> None:
    passes(days=-2)
    tell(Event.SENT, Event.SENT)
    passes(days=2)

    assert numbers(sender)["Sent today"] == "0"
    assert [row[0] for row in table(sender)[-4:]] == ["0", "2", "0", "0"]


def test_what_has_arrived_was_sent_and_what_is_out_of_time_has_failed(
    sender: Browser, passes: Passing
) -> None:
    passes()
    tell(Event.ARRIVED, Event.EXPIRED)

    found = numbers(sender)

    assert (found["Sent today"], found["Failed today"]) == ("1", "1")


@pytest.mark.parametrize(
    ("asked", "title", "count"),
    [
        ("24h", "Last 24 hours", 24),
        ("7d", "Last 7 days", 7),
        ("30d", "Last 30 days", 30),
        ("", "Last 7 days", 7),
        ("a year", "Last 7 days", 7),
    ],
)
def test_a_period_is_chosen(
    sender: Browser, asked: str, title: str, count: int
) -> None:
    page = words(sender.get(f"/?period={asked}"))

    assert title in page
    assert len(table(sender, asked)) == count


def test_a_message_in_doubt_leads_to_its_page(sender: Browser) -> None:
    message = put(subject="Invoice 2026-1187")
    end(message, State.UNCONFIRMED, Event.UNCONFIRMED)

    assert list(coming(sender)) == [
        ("1 message may have gone", f"/messages/{message}"),
    ]
    assert "Invoice 2026-1187" in words(sender.get("/"))


def test_what_is_too_large_leads_to_where_that_is_allowed(sender: Browser) -> None:
    message = put()
    needy(message)

    assert list(coming(sender)) == [("1 message is too large", "/settings")]


def test_what_is_held_for_its_own_reason_leads_to_the_list(sender: Browser) -> None:
    end(put(), State.HELD, Event.HELD)

    found = list(coming(sender))

    assert found == [("1 message is held", "/messages?status=held")]


def test_what_is_too_old_waits_for_a_word(sender: Browser, passes: Passing) -> None:
    passes(days=-6)
    put()
    backlog.hold(backlog.account())
    passes(days=6)

    with db.session() as session:
        overdue.release(session, backlog.account(), "It goes on.")

    assert list(coming(sender)) == [("1 message waits for a word", "/settings")]


def test_a_held_account_says_why_and_the_queue_waits_for_it(sender: Browser) -> None:
    put()
    backlog.hold(backlog.account(), "The mailbox is full.")

    page = words(sender.get("/"))

    assert ("default sends nothing now", "/settings") in list(coming(sender))
    assert "The mailbox is full." in page
    assert "goes once somebody has acted" in page


@pytest.mark.parametrize(
    ("days", "title"),
    [(80, "Sign-in ends in 10 days"), (89, "Sign-in ends in 1 day")],
)
def test_what_ends_by_itself_is_told_before(
    sender: Browser, passes: Passing, days: int, title: str
) -> None:
    passes(days=days)

    with db.reading() as session:
        [item] = upcoming.coming(session, accounts.every(session), {}, {})

    assert (item.title, item.button, item.link) == (title, "Renew", "/settings")


def test_a_trouble_that_goes_on_is_told_once(sender: Browser, passes: Passing) -> None:
    put()
    passes(minutes=20)
    before = list(coming(sender))

    looking.look(threading.Event())

    assert before == [("default sends nothing now", "/settings")]
    assert list(coming(sender)) == [
        ("Mail of the account default does not move.", "/settings")
    ]


def test_strangers_learn_nothing_of_it(sender: Browser, anybody: Browser) -> None:
    end(put(subject="Secret plans"), State.UNCONFIRMED, Event.UNCONFIRMED)

    page = anybody.get("/").text

    assert "Secret plans" not in page
    assert ANN not in page
    assert "Sent today" not in page


def test_it_is_said_in_portuguese(sender: Browser) -> None:
    page = sender.get("/", **{"Accept-Language": "pt-BR"})

    assert "Enviadas hoje" in words(page)
    assert "Sent today" not in words(page)


def test_an_smtp_server_is_not_called_microsoft(sender: Browser) -> None:
    server = Server(host="mail.contoso.example", port=25)
    before = words(sender.get("/"))

    with db.session() as session:
        accounts.add_smtp(session, "relay", (ANN,), server, by=ANN)

    assert "accepted by Microsoft Queued" in before
    assert "accepted by Microsoft or a server Queued" in words(sender.get("/"))
