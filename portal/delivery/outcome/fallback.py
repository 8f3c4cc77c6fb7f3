"""Fallback: what is surely not accepted leaves by another account, if that may send it.

The message at hand does in the transaction that settles its attempt. What else waits
follows in batches, whoever works; so does what comes while its account is in trouble,
but for the one message that its account tries now and then.
"""

from dataclasses import replace
from typing import Any

from portal import db
from portal.db import Session
from portal.mail import fallback, lanes
from portal.mail.fallback import Candidate
from portal.mail.journal import Event, Line
from portal.mail.lanes import troubles
from portal.mail.lanes.troubles import Trouble
from portal.mail.outbox import Claim, Fallback, endings, overdue
from portal.workspace import accounts
from portal.workspace.accounts import Account, Envelope
from portal.workspace.people import keys

PASSED_ON = "It was passed on to the account {other}, because {name} could not send it."
NOT_AS = "It stays with its account: {other} may not send as {sender}."
UNNAMED = (
    "It stays with its account: it names no From, and {other} has none of its own."
)
NOT_SO = (
    "It stays with its account: its header names others than its envelope, which"
    " {other} does not take."
)
NOT_BY_KEY = "It stays with its account: its API key may not send it by {other}."


def pass_on(session: Session, claim: Claim, line: Line, **known: Any) -> None:
    """Let a claimed message leave by its account's fallback, else postpone it.

    `line` tells why its account has not sent it; `known` is noted if it stays.
    """
    account = accounts.by_id(session, claim.account_id)
    other = _stand_in(session, account, claim)
    candidate = fallback.released(session, claim) if other else None
    if other is None or candidate is None:
        return endings.postpone(session, claim, line, **known)
    if why := _why_not(session, other, candidate):
        known |= {"reason": why, "cause": "", "fallback": Fallback.BARRED}
        line = replace(line, reason=f"{why} {line.reason}")
        return endings.postpone(session, claim, line, **known)
    reason = _passed_on(account, other, line.reason)
    line = replace(line, event=Event.DIVERTED, reason=reason, again_at=None)
    return fallback.move(session, candidate.id, other.id, line)


def relieve() -> int:
    """Let some of what waits for accounts in trouble leave; return how many were asked.

    Each account is a transaction of its own: its mailbox and itself are locked first.
    """
    with db.reading() as session:
        stuck = [
            account
            for account in accounts.falling_back(session)
            if _stuck(session, account)
        ]
    count = 0
    for account in stuck:
        with db.session() as session:
            count += _relieve(session, account)
    return count


def _stuck(session: Session, account: Account) -> bool:
    trouble = troubles.find(session, account.id)
    passing = trouble is not None and not trouble.closed
    return passing and fallback.waits(session, account.id)


def _relieve(session: Session, account: Account) -> int:
    if not troubles.lock(session, account.id):
        return 0
    trouble = troubles.find(session, account.id)
    account = accounts.by_id(session, account.id)
    other = accounts.stand_in(session, account, probing=False)
    if trouble is None or other is None:
        return 0
    if lanes.holding(session, account.id):
        # What is too old waits for a word, whoever could send it.
        overdue.set_aside(session, account.id)
    batch = fallback.batch(session, account.id, probing=trouble.probing)
    for candidate in batch:
        _divert(session, account, other, candidate, trouble)
    return len(batch)


def _divert(
    session: Session,
    account: Account,
    other: Account,
    candidate: Candidate,
    trouble: Trouble,
) -> None:
    if why := _why_not(session, other, candidate):
        line = Line(event=Event.HELD, reason=why)
        fallback.bar(session, candidate.id, line)
    else:
        reason = _passed_on(account, other, trouble.reason)
        line = Line(event=Event.DIVERTED, reason=reason)
        fallback.move(session, candidate.id, other.id, line)


def _stand_in(session: Session, account: Account, claim: Claim) -> Account | None:
    """Return who sends instead; nobody if its own was closed, or moved, meanwhile."""
    if account.fallback_id is None:
        return None
    if not troubles.feeds(session, account.id, claim.lane_id):
        return None
    return accounts.stand_in(session, account, probing=True)


def _why_not(session: Session, other: Account, candidate: Candidate) -> str:
    """Tell why an account may not send a message; "" if it may."""
    if candidate.sender and not other.sends_as(candidate.sender):
        return NOT_AS.format(other=other.name, sender=candidate.sender)
    sender = other.leaves_as(candidate.sender)
    if sender is None:
        return UNNAMED.format(other=other.name)
    if candidate.differs and other.envelope == Envelope.REFUSE:
        return NOT_SO.format(other=other.name)
    by_key = _by_key(session, other, candidate, sender)
    return "" if by_key else NOT_BY_KEY.format(other=other.name)


def _by_key(
    session: Session, other: Account, candidate: Candidate, sender: str
) -> bool:
    if candidate.key_id is None:
        return True
    return keys.by_id(session, candidate.key_id).limits.allow(other, sender)


def _passed_on(account: Account, other: Account, reason: str) -> str:
    return f"{PASSED_ON.format(other=other.name, name=account.name)} {reason}"
