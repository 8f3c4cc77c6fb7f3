"""The record of one trouble, from when it is met until its end is told.

Processes of a machine may differ for a while: one has the key still, another is started
without it. So a trouble lasts as long as any of them met it lately, and who has ended
counts no more after two minutes. Else it goes as with incidents.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from uuid import UUID

from portal import clock, db
from portal.workspace.incidents import stages
from portal.workspace.incidents.alerts import LEASE, LIFE, rest
from portal.workspace.incidents.stages import CALM, Stage

# Longer than from one look to the next, of which a lost connection may take a minute.
LATELY = timedelta(minutes=2)


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What waits to be told."""

    id: UUID
    stage: Stage
    raised_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Record:
    """What is known of one trouble; each change makes a new one."""

    opened_at: datetime
    met_by: Mapping[str, datetime] = field(default_factory=dict)  # and when last
    closed_at: datetime | None = None
    announced: bool = False  # somebody was told, and waits for its end
    announced_at: datetime | None = None  # when last
    waiting: tuple[Notice, ...] = ()  # the oldest first
    due_at: datetime | None = None  # the first of these; None: at once
    tries: int = 0

    def met(self, process: str, patience: timedelta) -> Self:
        """Go on, for a process met it; have it told once its patience is over."""
        now, lately = clock.now(), self._lately()
        again = replace(self, met_by={**lately, process: now}, closed_at=None)
        if not lately and not self.announced and self.announced_at is None:
            again = replace(again, opened_at=now)  # it was over, unseen
        return again._announced(patience)

    def missed(self, process: str) -> Self | None:
        """Be over, if no process met it lately; None if there is no more to tell."""
        now, lately = clock.now(), self._lately()
        lately.pop(process, None)
        if lately:
            return replace(self, met_by=lately)
        over = replace(self, met_by={}, closed_at=self.closed_at or now)
        if self.announced:
            over = replace(over, announced=False)._telling(Stage.RECOVERED, now)
        calm = over.announced_at and over.announced_at > now - CALM
        return over if over.waiting or calm else None

    @property
    def due(self) -> Notice | None:
        """Return what is to be told now."""
        ready = self.due_at is None or self.due_at <= clock.now()
        return self.waiting[0] if self.waiting and ready else None

    def taken(self) -> Self:
        """Leave what is due to its taker, for a while."""
        return replace(self, due_at=clock.now() + LEASE, tries=self.tries + 1)

    def told(self) -> Self:
        """Go on to what waits next."""
        return replace(self, waiting=self.waiting[1:], due_at=None, tries=0)

    def postponed(self, after: timedelta | None) -> Self:
        """Try it again later, unless its time is over."""
        now = clock.now()
        if self.waiting[0].raised_at <= now - LIFE:
            return self.told()
        return replace(self, due_at=now + rest(self.tries, after))

    def _lately(self) -> dict[str, datetime]:
        since = clock.now() - LATELY
        return {name: last for name, last in self.met_by.items() if last > since}

    def _announced(self, patience: timedelta) -> Self:
        now = clock.now()
        stage = stages.due(self.announced_at, announced=self.announced)
        if self.announced:
            later = bool(self.waiting)
        else:
            later = self.opened_at > now - patience
        if stage is None or later:
            return self
        return replace(self, announced=True, announced_at=now)._telling(stage)

    def _telling(self, stage: Stage, closed_at: datetime | None = None) -> Self:
        notice = Notice(
            id=db.new_id(), stage=stage, raised_at=clock.now(), closed_at=closed_at
        )
        return replace(self, waiting=(*self.waiting, notice))


def read(said: Mapping[str, Any]) -> Record:
    """Read a record; raise ValueError, KeyError, TypeError or AttributeError."""
    return Record(
        opened_at=_moment(said["opened_at"]),
        met_by={str(name): _moment(at) for name, at in said["met_by"].items()},
        closed_at=_perhaps(said["closed_at"]),
        announced=bool(said["announced"]),
        announced_at=_perhaps(said["announced_at"]),
        waiting=tuple(map(_notice, said["waiting"])),
        due_at=_perhaps(said["due_at"]),
        tries=int(said["tries"]),
    )


def _notice(said: Mapping[str, Any]) -> Notice:
    return Notice(
        id=UUID(said["id"]),
        stage=Stage(said["stage"]),
        raised_at=_moment(said["raised_at"]),
        closed_at=_perhaps(said["closed_at"]),
    )


def _moment(said: str) -> datetime:
    return datetime.fromisoformat(said).astimezone(UTC)


def _perhaps(said: str | None) -> datetime | None:
    return _moment(said) if said else None
