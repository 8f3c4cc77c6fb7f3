"""Failures: an account that sends, but much of whose mail is refused for good."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from portal import clock, explanations
from portal.db import Session
from portal.explanations import Who
from portal.mail import tally
from portal.mail.journal import Event
from portal.mail.tally import Figure
from portal.workspace.accounts import Account
from portal.workspace.incidents import Condition, Kind

LATELY = timedelta(hours=1)  # and what had passed of the hour in which that began
ENOUGH = 10  # failures, for fewer may be anybody's
SHARE = 10  # one of so many
FAILED = frozenset({Event.FAILED, Event.EXPIRED})
ENDED = FAILED | {Event.SENT}

FAILS = "Mail of the account {name} fails too often."
HOW_OFTEN = "At least one in ten was refused for good or expired within an hour or two."
MOST = "Most often: {title}."
SEE = "The page of messages shows each with what was answered."


def often(session: Session, known: Sequence[Account]) -> Iterator[Condition]:
    """Tell which accounts have much of their mail refused for good lately."""
    counts = tally.by_cause(session, clock.now() - LATELY, ENDED)
    for account in known:
        own = {each: n for each, n in counts.items() if each.account_id == account.id}
        failed = {each: n for each, n in own.items() if each.name in FAILED}
        if _too_many(sum(failed.values()), sum(own.values())):
            yield _condition(account, failed)


def _too_many(failed: int, ended: int) -> bool:
    return failed >= ENOUGH and failed * SHARE >= ended


def _condition(account: Account, failed: dict[Figure, int]) -> Condition:
    cause = max(failed, key=lambda each: (failed[each], each.cause)).cause
    row = explanations.find(cause)
    often = (HOW_OFTEN, MOST.format(title=row.title)) if row else (HOW_OFTEN,)
    return Condition(
        kind=Kind.FAILURE_RATE,
        subject=str(account.id),
        title=FAILS.format(name=account.name),
        why=" ".join(often),
        steps=(*(row.steps if row else ()), SEE),
        who=row.who if row else Who.WORKSPACE,
        cause=row.name if row else "",
        link="/messages?status=failed",
    )
