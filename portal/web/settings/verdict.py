"""The verdict on a test mail: on its way, sent, or why not and what to do about it."""

from dataclasses import dataclass
from email import message_from_bytes, policy
from uuid import UUID

from portal import db
from portal.intake import test_mail
from portal.mail import content
from portal.mail.outbox import State
from portal.mail.outbox.records import Record
from portal.web.language import gettext as _
from portal.web.language import said


@dataclass(frozen=True, kw_only=True)
class Verdict(test_mail.Verdict):
    """What became of a test mail, for its page."""

    heading: str  # a few words


def find(session: db.Session, record: Record) -> Verdict:
    """Tell what became of a test mail."""
    judged = test_mail.judge(session, record)
    return Verdict(
        **vars(judged),
        heading=said(judged.told.title) or _state(record),
    )


def text_of(session: db.Session, message_id: UUID) -> str:
    """Return what a test mail says; raise NotFound if its content was erased."""
    held = content.find(session, message_id)
    # Ours fit into the first piece; nothing longer is fetched.
    piece, _last = content.read(session, held, 0, 0)
    body = message_from_bytes(piece, policy=policy.default).get_body(("plain",))
    return str(body.get_content()).strip() if body else ""


def _state(record: Record) -> str:
    """Say in a few words why it was not sent, where no more is known of it."""
    by_state: dict[str, str] = {
        State.HELD: _("somebody has to act first"),
        State.UNCONFIRMED: _("its answer was lost, so it may have been sent"),
        State.CANCELLED: _("it was cancelled"),
    }
    return by_state.get(record.state, _("it was refused"))
