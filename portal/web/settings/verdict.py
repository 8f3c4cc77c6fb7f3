"""The verdict on a test mail: on its way, sent, or why not and what to do about it."""

from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from uuid import UUID

from portal import db
from portal.errors import Answer
from portal.mail import content, journal, lanes
from portal.mail.journal import Event, Line
from portal.mail.outbox import FINAL, State
from portal.mail.outbox.records import Record
from portal.web.language import gettext as _
from portal.workspace import accounts, connections

SECOND = timedelta(seconds=1)
TELLING = frozenset(
    {
        Event.SENT,
        Event.ARRIVED,
        Event.DEFERRED,
        Event.HELD,
        Event.RESUMED,
        Event.CANCELLED,
        Event.FAILED,
        Event.UNCONFIRMED,
        Event.EXPIRED,
    }
)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of a test mail, for its page."""

    id: UUID  # of the message
    kind: str  # "waiting", "sent", "failed"
    to: str
    again: str  # the address where the same is tried once more
    cause: str  # a few words, for the heading
    reason: str
    command: str  # what an administrator types to end it; "" if there is nothing
    sender: str
    username: str  # whose sign-in it was sent with
    internet_message_id: str
    took: str
    answer: Answer

    @property
    def status(self) -> str:
        return str(self.answer.status or "")

    @property
    def code(self) -> str:
        return self.answer.code

    @property
    def text(self) -> str:
        return self.answer.text

    @property
    def request_id(self) -> str:
        return self.answer.request_id


def find(session: db.Session, record: Record) -> Verdict:
    """Judge by the state and the last attempt."""
    last = _last_word(journal.story(session, record.id))
    account = accounts.by_id(session, record.account_id)
    connection = connections.find(session, account.id)
    hold = lanes.holding(session, account.id)
    answer = last.answer if last and last.answer else Answer()
    held = hold if hold and hold.since and record.state == State.HELD else None
    return Verdict(
        id=record.id,
        kind=_kind(record, last),
        to=", ".join(record.to),
        again=f"/settings/test?again={record.id}",
        cause=_cause(record, last),
        reason=held.reason if held else record.reason,
        command=held.command if held else "",
        sender=account.sender or "",
        username=connection.username if connection else "",
        internet_message_id=record.internet_message_id,
        took=f"{last.took / SECOND:.2f} s" if last and last.took else "",
        answer=answer,
    )


def text_of(session: db.Session, message_id: UUID) -> str:
    """Return what a test mail says; raise NotFound if its content was erased."""
    held = content.find(session, message_id)
    # Ours fit into the first piece; nothing longer is fetched.
    piece, _last = content.read(session, held, 0, 0)
    body = message_from_bytes(piece, policy=policy.default).get_body(("plain",))
    return str(body.get_content()).strip() if body else ""


def _last_word(story: list[Line]) -> Line | None:
    return next((line for line in reversed(story) if line.event in TELLING), None)


def _kind(record: Record, last: Line | None) -> str:
    """What is held has failed for now, unless it has yet to be tried itself."""
    if record.state == State.SENT:
        return "sent"
    tried = last is not None and last.event == Event.HELD
    stuck = record.state == State.UNCONFIRMED or record.state in FINAL
    held = record.state == State.HELD and tried
    return "failed" if stuck or held else "waiting"


def _cause(record: Record, last: Line | None) -> str:
    """Say in a few words why it was not sent."""
    code = last.answer.code.casefold() if last and last.answer else ""
    if last and last.event == Event.EXPIRED:
        return _("its time was over before it could be sent")
    known = {
        "errorsendasdenied": _("no Send As right"),
        "erroraccessdenied": _("access denied"),
        "errorinvaliduser": _("no such mailbox"),
        "errornonexistentmailbox": _("no such mailbox"),
        "errorinvalidrecipients": _("Microsoft takes no such recipient"),
        "errorquotaexceeded": _("the mailbox is full"),
    }
    else_by_state: dict[str, str] = {
        State.HELD: _("somebody has to act first"),
        State.UNCONFIRMED: _("its answer was lost, so it may have been sent"),
        State.CANCELLED: _("it was cancelled"),
    }
    fallback = else_by_state.get(record.state, _("Microsoft did not take it"))
    return known.get(code, fallback)
