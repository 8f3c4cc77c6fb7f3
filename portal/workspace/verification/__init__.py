"""Verifications: what was found, step by step, when a setup was last looked at.

Who looks stands elsewhere, for the steps lie on different floors; here they are kept.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock, db, explanations
from portal.errors import Answer
from portal.explanations import Told
from portal.workspace import accounts


class Name(StrEnum):
    """What a step looks at, in this order; the words of programs."""

    REACHABLE = "reachable"
    CREDENTIAL = "credential"
    REDIRECT_URI = "redirect_uri"
    CONSENT = "consent"
    RENEWAL = "renewal"
    SERVER = "server"
    SENDER = "sender"
    TEST_MAIL = "test_mail"


class Outcome(StrEnum):
    """What came of a step."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"  # it says why
    WAITING = "waiting"  # a test mail that is on its way
    UNCONFIRMED = "unconfirmed"  # a test mail whose answer was lost


# Somebody acts on these, so they are explained.
TROUBLED = frozenset({Outcome.FAILED, Outcome.UNCONFIRMED})


@dataclass(frozen=True, kw_only=True)
class Step:
    """What came of looking at one thing; sentences are in English."""

    name: Name
    outcome: Outcome
    said: str  # what was found, or why nobody looked
    hint: str = ""  # what else there is to know or to do
    cause: str = ""  # the name of its explanation
    command: str = ""  # what an administrator types to end it
    answer: Answer = Answer()  # of whoever refused, if somebody did
    behind: Name | None = None  # a failed step, for which this one was skipped

    @property
    def told(self) -> Told:
        """Explain it: who ends it, where and how, if a row of the catalogue knows."""
        return explanations.tell(self.said, self.cause, self.command)


@dataclass(frozen=True, kw_only=True)
class Verification:
    """All that was found of one account, when, and who wanted to know."""

    account_id: UUID
    at: datetime
    by: str
    steps: tuple[Step, ...]
    message_id: UUID | None = None  # of the test mail, if one was asked for

    @property
    def well(self) -> bool:
        """Tell whether no step has failed."""
        return failed(self.steps) is None

    def with_test(self, step: Step, message_id: UUID | None = None) -> "Verification":
        """Return it with what came of the test mail."""
        steps = [each for each in self.steps if each.name != Name.TEST_MAIL]
        return replace(self, steps=(*steps, step), message_id=message_id)


class VerificationRow(db.Table):
    """The last verification of one account."""

    __tablename__ = "verification"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str]
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    message_id: Mapped[UUID | None]


def well(name: Name, said: str, hint: str = "", command: str = "") -> Step:
    """Return a step that has shown what it looked for."""
    return Step(name=name, outcome=Outcome.OK, said=said, hint=hint, command=command)


def skipped(name: Name, why: str, hint: str = "", command: str = "") -> Step:
    """Return a step that does not apply, or cannot show anything."""
    return Step(
        name=name, outcome=Outcome.SKIPPED, said=why, hint=hint, command=command
    )


def behind(name: Name, first: Name) -> Step:
    """Return a step that nobody looked at, for one before it has failed."""
    why = "Nobody looked, because a step before it has failed."
    return Step(name=name, outcome=Outcome.SKIPPED, said=why, behind=first)


def failed(steps: Iterable[Step]) -> Name | None:
    """Name the first step that has failed; None if none has."""
    found = (each.name for each in steps if each.outcome == Outcome.FAILED)
    return next(found, None)


def keep(session: Session, found: Verification) -> None:
    """Keep it as the last one of its account; of two at once one comes last."""
    accounts.lock(session, found.account_id)
    session.merge(
        VerificationRow(
            account_id=found.account_id,
            at=found.at,
            by=found.by,
            steps=[asdict(step) for step in found.steps],
            message_id=found.message_id,
        )
    )


def last(session: Session, account_id: UUID) -> Verification | None:
    """Return the last one of an account; None if there was none."""
    row = session.get(VerificationRow, account_id)
    if row is None:
        return None
    return Verification(
        account_id=row.account_id,
        at=row.at,
        by=row.by,
        steps=tuple(_step(each) for each in row.steps),
        message_id=row.message_id,
    )


def now(account_id: UUID, by: str, steps: Iterable[Step]) -> Verification:
    """Return what was found just now."""
    return Verification(
        account_id=account_id, at=clock.now(), by=by, steps=tuple(steps)
    )


def _step(kept: dict[str, Any]) -> Step:
    first = kept["behind"]
    read = {
        "name": Name(kept["name"]),
        "outcome": Outcome(kept["outcome"]),
        "behind": Name(first) if first else None,
        "answer": Answer(**kept.get("answer", {})),  # older ones kept none
    }
    return Step(**kept | read)
