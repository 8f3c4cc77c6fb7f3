"""What happened to a message, line by line, in words."""

from dataclasses import dataclass
from datetime import datetime

from portal.errors import Answer, parted
from portal.explanations import Told
from portal.mail.journal import Event, Line
from portal.web.language import gettext as _
from portal.web.language import said
from portal.web.messages import measures

TONES = {
    Event.ACCEPTED: "ok",
    Event.SENDING: "busy",
    Event.SENT: "ok",
    Event.DEFERRED: "warn",
    Event.PARTED: "warn",
    Event.DIVERTED: "warn",
    Event.HELD: "warn",
    Event.RESUMED: "busy",
    Event.ARRIVED: "ok",
    Event.RESENT: "busy",
    Event.REPEATED: "warn",
    Event.DOUBTED: "warn",
    Event.UNCONFIRMED: "warn",
    Event.FAILED: "bad",
    Event.EXPIRED: "bad",
    Event.ACCOUNT_HELD: "warn",
    Event.ACCOUNT_RELEASED: "ok",
    Event.CONNECTED: "ok",
}
# What somebody decided, or the clock, is no part of an attempt.
DECIDED = frozenset(
    {
        Event.RESUMED,
        Event.CANCELLED,
        Event.ARRIVED,
        Event.RESENT,
        Event.EXPIRED,
    }
)


@dataclass(frozen=True, kw_only=True)
class Passage:
    """One line of the story, as a page shows it."""

    title: str
    tone: str  # "ok", "busy", "warn", "bad", "idle"
    at: datetime
    when: str
    decision: str  # what became of the message, in a word or two
    explained: Told
    answer: Answer  # what the other side said
    took: str
    again_at: datetime | None
    again: str


def tell(line: Line) -> Passage | None:
    """Put a line into words; None if it was never written."""
    if line.at is None:
        return None
    return Passage(
        title=_title(line),
        tone=TONES.get(line.event, "idle"),
        at=line.at,
        when=measures.second(line.at),
        decision=words(line.event),
        explained=line.explained,
        answer=line.answer or Answer(),
        took=measures.seconds(line.took) if line.took is not None else "",
        again_at=line.again_at,
        again=measures.second(line.again_at) if line.again_at else "",
    )


def advice(text: str) -> tuple[str, str]:
    """Part a sentence from the command that ends what it tells, if there is one."""
    reason, command = parted(text)
    return said(reason), command


def _title(line: Line) -> str:
    event = words(line.event)
    if not line.attempt or line.event in DECIDED:
        return event
    return _("Attempt %(number)s: %(event)s") % {
        "number": line.attempt,
        "event": event,
    }


def words(event: Event) -> str:
    """Say in a word or two what a line tells."""
    known = {
        Event.ACCEPTED: _("Accepted"),
        Event.SENDING: _("Under way"),
        Event.SENT: _("Sent"),
        Event.DEFERRED: _("Postponed"),
        Event.PARTED: _("Some recipients go apart"),
        Event.DIVERTED: _("Passed on to another account"),
        Event.HELD: _("Held"),
        Event.RESUMED: _("Released"),
        Event.CANCELLED: _("Cancelled"),
        Event.ARRIVED: _("Found to have arrived"),
        Event.RESENT: _("Sent as a new message"),
        Event.REPEATED: _("Sent again by the account’s policy"),
        Event.DOUBTED: _("Answer lost"),
        Event.UNCONFIRMED: _("Unconfirmed"),
        Event.FAILED: _("Failed"),
        Event.EXPIRED: _("Out of time"),
        Event.ACCOUNT_HELD: _("Account held"),
        Event.ACCOUNT_RELEASED: _("Account released"),
        Event.CONNECTED: _("Connected"),
    }
    return known.get(event, event.value)
