"""An incident: its row, what can be told of it, and what makes one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, StrEnum, auto
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal import clock, db
from portal.explanations import Who

OPEN = text("closed_at IS NULL")
SAID_AGAIN = timedelta(minutes=10)  # what others may not see
FORGOTTEN = timedelta(hours=1)  # then nobody sees it any more


class Kind(StrEnum):
    """What is wrong; the words of pages, payloads and the API."""

    ACCOUNT_HELD = "account-held"
    QUEUE_STUCK = "queue-stuck"
    FAILURE_RATE = "failure-rate"
    FALLBACK_IN_USE = "fallback-in-use"
    NEEDS_A_HUMAN = "needs-a-human"
    EXPIRY = "expiry"
    LITTLE_SPACE = "little-space"
    CANNOT_DECRYPT = "cannot-decrypt"
    DATABASE_AWAY = "database-away"
    TEST = "test"  # nothing is wrong: somebody tries a channel


class View(Enum):
    """What of all that is wrong somebody can see."""

    WHOLE = auto()  # but what only others apart see
    APART = auto()  # nothing but its own, as a door does


# Nobody could write these down: they have no row.
ROWLESS = frozenset({Kind.CANNOT_DECRYPT, Kind.DATABASE_AWAY, Kind.TEST})
KEPT = tuple(kind for kind in Kind if kind not in ROWLESS)


class IncidentRow(db.Table):
    """One trouble, from its beginning to its end."""

    __tablename__ = "incident"
    __table_args__ = (
        Index("uq_incident_open", "kind", "subject", unique=True, **db.only(OPEN)),
        Index("ix_incident_subject", "kind", "subject", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject: Mapped[str]  # an account's id, a machine, or "" where there is one only
    title: Mapped[str]
    why: Mapped[str]
    steps: Mapped[list[str]]
    who: Mapped[str]
    cause: Mapped[str]  # the name of an explanation; "": none
    link: Mapped[str]  # the path of the page that mends it
    urgency: Mapped[int]  # how far it has come
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    announced: Mapped[bool]  # somebody was told, and waits for its end
    announced_at: Mapped[datetime | None]  # when last
    reminded_at: Mapped[datetime | None]
    met_at: Mapped[datetime | None]  # by a machine, lately; None: all see it alike


@dataclass(frozen=True, kw_only=True)
class Condition:
    """What is wrong just now, in sentences for whoever has to act."""

    kind: Kind
    subject: str = ""
    title: str
    why: str
    steps: tuple[str, ...] = ()
    who: Who
    cause: str = ""
    link: str
    urgency: int = 0  # it is told again when that grows
    apart: bool = False  # who looks at everything else does not see it


@dataclass(frozen=True, kw_only=True)
class Incident:
    """What can be told of one."""

    id: UUID
    condition: Condition
    opened_at: datetime
    closed_at: datetime | None
    announced: bool
    announced_at: datetime | None
    reminded_at: datetime | None
    met_at: datetime | None

    @property
    def elsewhere(self) -> bool:
        """Tell whether somebody apart may still see it."""
        return self.met_at is not None and not self._before(FORGOTTEN)

    @property
    def unsaid(self) -> bool:
        """Tell whether it is time to say again that it is still seen."""
        return self.met_at is not None and self._before(SAID_AGAIN)

    def _before(self, time: timedelta) -> bool:
        return self.met_at is not None and self.met_at <= clock.now() - time


def over(incident: Incident, view: View) -> bool:
    """Tell whether it is over, now that nobody with this view sees it."""
    if view == View.WHOLE:
        return not incident.elsewhere
    # On a local database nobody else looks apart.
    return incident.condition.apart and (db.local() or not incident.elsewhere)


def told(row: IncidentRow) -> Incident:
    return Incident(
        id=row.id,
        condition=Condition(
            kind=Kind(row.kind),
            subject=row.subject,
            title=row.title,
            why=row.why,
            steps=tuple(row.steps),
            who=Who(row.who),
            cause=row.cause,
            link=row.link,
            urgency=row.urgency,
            apart=row.met_at is not None,
        ),
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        announced=row.announced,
        announced_at=row.announced_at,
        reminded_at=row.reminded_at,
        met_at=row.met_at,
    )


def write(row: IncidentRow, condition: Condition) -> None:
    """Let a row say what is wrong as it is now."""
    row.title, row.why, row.steps = condition.title, condition.why, [*condition.steps]
    row.who, row.cause, row.link = condition.who, condition.cause, condition.link
    row.urgency = condition.urgency
    row.met_at = clock.now() if condition.apart else None
