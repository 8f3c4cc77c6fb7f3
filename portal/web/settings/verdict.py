"""The verdict on a test mail: on its way, sent, or why not and what to do about it."""

from dataclasses import dataclass
from email import message_from_bytes, policy
from uuid import UUID

from portal import db
from portal.intake import trial
from portal.mail import content
from portal.mail.journal import Event, Line
from portal.mail.outbox import State
from portal.mail.outbox.records import Record
from portal.web.language import gettext as _


@dataclass(frozen=True, kw_only=True)
class Verdict(trial.Verdict):
    """What became of a test mail, for its page."""

    again: str  # the address where the same is tried once more
    cause: str  # a few words, for the heading


def find(session: db.Session, record: Record) -> Verdict:
    """Tell what became of a test mail."""
    return Verdict(
        **vars(trial.judge(session, record)),
        again=f"/settings/test?again={record.id}",
        cause=_cause(record, trial.last_word(session, record)),
    )


def text_of(session: db.Session, message_id: UUID) -> str:
    """Return what a test mail says; raise NotFound if its content was erased."""
    held = content.find(session, message_id)
    # Ours fit into the first piece; nothing longer is fetched.
    piece, _last = content.read(session, held, 0, 0)
    body = message_from_bytes(piece, policy=policy.default).get_body(("plain",))
    return str(body.get_content()).strip() if body else ""


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
        "errorinvalidrecipients": _("there is no such recipient"),
        "errorquotaexceeded": _("the mailbox is full"),
    }
    else_by_state: dict[str, str] = {
        State.HELD: _("somebody has to act first"),
        State.UNCONFIRMED: _("its answer was lost, so it may have been sent"),
        State.CANCELLED: _("it was cancelled"),
    }
    fallback = else_by_state.get(record.state, _("it was refused"))
    return known.get(code, fallback)
