"""What tests of pages put, press and look at: messages, and accounts."""

import re
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from portal import db
from portal.accept import Caller
from portal.errors import Conflict, Need
from portal.intake import desk
from portal.mail.journal import Event, Line
from portal.mail.message import Message
from portal.mail.outbox import State, decisions, endings
from portal.workspace.accounts import Account
from tests.mail import backlog
from tests.web.browsing import Browser, value, words

BUTTONS = ("Retry", "Cancel", "Resend", "It arrived")


def put(**changed: object) -> UUID:
    """Put a message with content; return its id."""
    fields = {"to": "jane@example.com", "subject": "Report", "text": "All is well."}
    receipt = desk.take(Message(**fields | changed), Caller(name="test"))  # type: ignore[arg-type]
    return UUID(receipt.id)


def end(message: UUID, state: State, event: Event, **said: object) -> None:
    """Claim what waits, and end it so."""
    (claim,) = backlog.take()
    assert claim.message_id == message
    line = replace(Line(event=event, reason="So it is."), **said)  # type: ignore[arg-type]
    with db.session() as session:
        endings.settle(session, claim, state, line)


def mark(browser: Browser, account: UUID) -> str:
    """Return what the page of an account says it shows."""
    page = browser.get(f"/accounts/{account}").text
    found = re.search(r'name="seen" value="(\w+)"', page)
    assert found
    return found[1]


def ask(ann: Browser, account: Account) -> UUID:
    """Press Sign In on the page of an account; return the change that waits."""
    at = f"/accounts/{account.id}"
    given = {"version": value(ann.get(at), "version")}
    answer = ann.post(f"{at}/connection", given, form_at=at)
    assert answer.status_code == 303, words(answer)
    return UUID(answer.headers["Location"].partition("=")[2])


def shown(browser: Browser, message: UUID) -> str:
    return words(browser.get(f"/messages/{message}"))


def offered(browser: Browser, message: UUID) -> set[str]:
    """Return which decisions the page offers."""
    page = browser.get(f"/messages/{message}").text
    return {name for name in BUTTONS if f">{name}</button>" in page}


def possible(message: UUID) -> set[str]:
    """Return which decisions are not refused, by trying each and taking it back."""
    acts: dict[str, Callable[[db.Session], object]] = {
        "Retry": lambda session: decisions.retry(session, message, "Ben"),
        "Cancel": lambda session: decisions.cancel(session, message, "Ben"),
        "Resend": lambda session: decisions.resendable(session, message),
        "It arrived": lambda session: decisions.arrived(session, message, "Ben"),
    }
    return {name for name, act in acts.items() if _taken(act)}


def _taken(act: Callable[[db.Session], object]) -> bool:
    try:
        with db.session() as session:
            act(session)
            raise TakenBack
    except TakenBack:
        return True
    except Conflict:
        return False


class TakenBack(Exception):
    """Nothing stays of what was tried."""


def press(browser: Browser, message: UUID, act: str) -> str:
    """Press a button of the page; return where that leads."""
    here = f"/messages/{message}"
    answer = browser.post(f"{here}/{act}", form_at=here)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def needy(message: UUID) -> None:
    """Hold a message for want of large file attachments."""
    (claim,) = backlog.take()
    line = Line(event=Event.HELD, reason="It needs large file attachments.")
    with db.session() as session:
        need = Need.LARGE_ATTACHMENTS
        endings.settle(session, claim, State.HELD, line, need)
