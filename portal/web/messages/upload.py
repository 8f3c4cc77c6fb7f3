"""How far the files of a message are on their way to Microsoft, in words."""

from dataclasses import dataclass
from uuid import UUID

from portal import db
from portal.mail import transfers
from portal.mail.outbox import State
from portal.mail.outbox.records import Record
from portal.mail.transfers import Progress
from portal.web.language import gettext as _
from portal.web.messages import measures

MOVES = frozenset({State.QUEUED, State.SENDING})  # by itself
STEP = 10  # percent: so often it is said aloud


@dataclass(frozen=True, kw_only=True)
class Upload:
    """How far the files are: bytes, and the same in words."""

    done: int
    total: int
    amount: str  # "29.9 MB of 48.2 MB uploaded, 62 %"
    pace: str  # "6.1 MB/s, about 3 s left."; "" if nobody knows
    step: int  # percent, in tens
    aloud: str  # what is said at each step


def find(session: db.Session, record: Record) -> Upload | None:
    """Return how far its files are; None if none is on its way by itself."""
    if record.state not in MOVES:
        return None
    progress = transfers.progress(session, record.id)
    return told(progress) if progress else None


def news(record: Record, upload: Upload | None) -> str:
    """Return what an open page looks out for: it shows something else by then."""
    marks = (record.state, str(record.attempts), "upload" if upload else "")
    return " ".join(filter(None, marks))


def address(message_id: UUID) -> str:
    """Return where a page that is open asks."""
    return f"/messages/{message_id}/progress"


def told(progress: Progress) -> Upload:
    """Put how far the files are into words."""
    percent = progress.done * 100 // progress.total if progress.total else 100
    step = percent - percent % STEP
    amount = _("%(done)s of %(total)s uploaded, %(percent)s")
    return Upload(
        done=progress.done,
        total=progress.total,
        amount=amount
        % {
            "done": measures.size(progress.done),
            "total": measures.size(progress.total),
            "percent": f"{percent} %",
        },
        pace=_pace(progress),
        step=step,
        aloud=_("%(percent)s are uploaded.") % {"percent": f"{step} %"},
    )


def _pace(progress: Progress) -> str:
    if not progress.per_second:
        return ""
    left = progress.seconds_left or 0
    return _("%(speed)s, about %(time)s left.") % {
        "speed": f"{measures.size(progress.per_second)}/s",
        "time": measures.rough(left),
    }
