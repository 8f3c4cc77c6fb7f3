"""How an attempt ended: state, hold, pause and journal, in one transaction."""

from dataclasses import replace
from datetime import datetime, timedelta

from portal import clock, db
from portal.db import Session
from portal.delivery import backoff
from portal.delivery.backoff import LONGEST_PAUSE, LONGEST_WAIT
from portal.delivery.outcome import fallback
from portal.delivery.parcels import Lease
from portal.delivery.transport import Accepted, NotSent, Unknown, unknown
from portal.errors import (
    Answer,
    Deferred,
    DeliveryError,
    Need,
    Rejected,
    Scope,
    Unsure,
    Withheld,
)
from portal.explanations.own import FAULT, LOOKED_FOR_AGAIN, NOT_ASKED
from portal.mail import journal, lanes
from portal.mail.journal import Event, Line
from portal.mail.lanes import Hold, budgets, charges, probes, troubles
from portal.mail.outbox import (
    LOOKS,
    Claim,
    ClaimLost,
    Priority,
    State,
    endings,
    overdue,
)
from portal.mail.outbox.records import queue
from portal.workspace import accounts, connections
from portal.workspace.accounts import WhenUnsure

DRAFT_SETTLES = timedelta(seconds=30)  # before what was surely not sent goes again

UNHEARD = 100  # looks in a row: about a day
URGENT_TRIES = 8  # of a message that overtakes others
FAULTS = 3  # faults of ours before a message is set aside
REPEATS = 3  # by the account's policy, before a human is asked after all
RELEASED = "A message was accepted; the others follow."
REPEATED = "It could not be found out; the account is set to send it again then."


def accepted(lease: Lease, result: Accepted, took: timedelta) -> None:
    """It is sent; whatever held its account holds it no more."""
    line = Line(event=Event.SENT, reason=result.note, answer=result.answer, took=took)
    with db.session() as session:
        if lease.claim.strained:
            lanes.recover(session, lease.claim.lane_id)
        # Before its message, as whoever changes an account locks them.
        _account_works(session, lease)
        try:
            _end(session, lease.claim, State.SENT, line)
        except ClaimLost:
            # Too late for the lease, but not for the truth.
            endings.confirm(session, lease.claim, line)


def looked_up(lease: Lease, result: Accepted | NotSent | Unknown) -> None:
    """A lost answer was asked for."""
    claim = lease.claim
    match result:
        case Accepted():
            line = Line(event=Event.SENT, reason=result.note, answer=result.answer)
            with db.session() as session:
                _end(session, claim, State.SENT, line)
        case NotSent():
            reason = "It was looked up and had not been sent; it goes again."
            again_at = clock.now() + DRAFT_SETTLES
            line = Line(event=Event.DEFERRED, reason=reason, again_at=again_at)
            with db.session() as session:
                endings.resume(session, claim, line, result.draft_id)
        case Unknown():
            with db.session() as session:
                _still_unknown(session, claim, result)


def refused(lease: Lease, error: DeliveryError, took: timedelta) -> None:
    """It is not sent, or not surely: each of the four goes its way.

    Of a doubted message it says only that looking it up failed: the doubt stays.
    """
    claim = lease.claim
    with db.session() as session:
        lanes.lock_lane(session, claim.lane_id)
        match error:
            case Rejected() if claim.doubted:
                _still_unknown(
                    session, claim, Unknown(reason=str(error), cause=error.cause)
                )
            case _ if claim.doubted:
                _ask_later(session, claim, error)
            case Deferred():
                _defer(session, claim, error, took)
            # A trial is over: nobody gives it what it lacks.
            case Withheld() if not _on_trial(session, claim):
                _withhold(session, lease, error, took)
            case Unsure():
                line = _line(Event.DOUBTED, error, took)
                endings.doubt(session, claim, line)
            case _:
                _end(session, claim, State.FAILED, _line(Event.FAILED, error, took))
        if not (lease.begun or lease.drafting or claim.doubted):
            # Not a byte of it has left.
            unspent = budgets.cost(size=budgets.claimed(claim.size))
            charges.give_back(session, claim.lane_id, unspent)


def broken(lease: Lease, took: timedelta) -> None:
    """A fault of ours: doubtful if sending had begun, else tried a few times more."""
    claim = lease.claim
    line = Line(event=Event.DEFERRED, reason=FAULT.sentence, cause=FAULT.name)
    with db.session() as session:
        lanes.lock_lane(session, claim.lane_id)
        if claim.doubted:
            _still_unknown(session, claim, unknown(FAULT))
        elif lease.begun:
            endings.doubt(session, claim, replace(line, event=Event.DOUBTED, took=took))
        elif claim.faults + 1 < FAULTS:
            again_at = clock.now() + backoff.wait(claim.attempt)
            endings.stumble(session, claim, replace(line, again_at=again_at))
        else:
            line = replace(line, event=Event.HELD, took=took)
            _end(session, claim, State.HELD, line)


def _end(
    session: Session,
    claim: Claim,
    state: State,
    line: Line,
    need: Need = Need.NOTHING,
) -> None:
    """End a claim, and with it the trial that it was for."""
    if state == State.FAILED and claim.repeats:
        # What went again by its account's policy may have arrived before.
        state = State.UNCONFIRMED
        line = replace(line, event=Event.UNCONFIRMED)
    if claim.bound:
        accounts.end_trial(session, claim.account_id)
    endings.settle(session, claim, state, line, need)


def _on_trial(session: Session, claim: Claim) -> bool:
    return claim.bound and accounts.by_id(session, claim.account_id).trial


def _account_works(session: Session, lease: Lease) -> None:
    if lease.connection_id:
        connections.prove(session, lease.connection_id)
    account_id = lease.claim.account_id
    if lease.proves:
        accounts.prove(session, account_id)
    if not lanes.holding(session, account_id) or _connected_anew(session, lease):
        return
    overdue.release(session, account_id, RELEASED, lease.claim.snapshot)


def _still_unknown(session: Session, claim: Claim, result: Unknown) -> None:
    if not (result.final or claim.last_look):
        # Why it was not found asks a human to decide, who cannot before the last look.
        again = LOOKED_FOR_AGAIN
        line = Line(event=Event.DOUBTED, reason=again.sentence, cause=again.name)
        endings.doubt(session, claim, line)
    elif _goes_again(session, claim):
        endings.repeat(session, claim, Line(event=Event.REPEATED, reason=REPEATED))
    else:
        line = Line(event=Event.UNCONFIRMED, reason=result.reason, cause=result.cause)
        _end(session, claim, State.UNCONFIRMED, line)


def _goes_again(session: Session, claim: Claim) -> bool:
    account = accounts.by_id(session, claim.account_id)
    return account.when_unsure == WhenUnsure.RESEND and claim.repeats < REPEATS


def _ask_later(session: Session, claim: Claim, error: DeliveryError) -> None:
    """Microsoft could not be asked what became of it: that is no answer."""
    if claim.unheard >= UNHEARD:
        result = unknown(NOT_ASKED, final=True)
        return _still_unknown(session, claim, result)
    wait = min(LOOKS[claim.looks] * 2.0 ** min(claim.unheard, 10), LONGEST_WAIT)
    until = clock.now() + max(error.after or timedelta(), wait)
    if error.after and error.scope == Scope.MAILBOX:
        # Nobody else waits for a question, unless Microsoft says so.
        lanes.pause(session, claim.lane_id, clock.now() + error.after)
    line = Line(
        event=Event.DOUBTED, reason=error.advice, cause=error.cause, again_at=until
    )
    return endings.postpone(session, claim, line)


def _defer(session: Session, claim: Claim, error: Deferred, took: timedelta) -> None:
    # Told to come back at once, we would come back for ever.
    failures, wait = 0, error.after or backoff.wait(claim.attempt)
    if error.scope == Scope.MAILBOX:
        # However many messages wait: it is the mailbox that is asked again.
        why = Hold(reason=str(error), cause=error.cause)
        failures = lanes.fail(session, claim.lane_id, claim.claimed_at, why)
        pause = error.after or backoff.wait(failures, LONGEST_PAUSE)
        lanes.pause(session, claim.lane_id, clock.now() + pause)
        # What fails although others go in between waits for itself.
        wait = max(pause, wait) if claim.attempt > failures else pause
    until = clock.now() + wait
    probes.put_off(session, claim.account_id, claim.claimed_at, until)
    line = _line(Event.DEFERRED, error, took, until)
    # What fails again and again overtakes nobody any more.
    calm = {"priority": Priority.NORMAL} if _urgent_in_vain(claim) else {}
    if failures and max(failures, claim.attempt) >= troubles.OFTEN:
        fallback.pass_on(session, claim, line, **calm)
    else:
        endings.postpone(session, claim, line, **calm)


def _urgent_in_vain(claim: Claim) -> bool:
    return claim.attempt >= URGENT_TRIES and claim.priority < Priority.NORMAL


def _withhold(session: Session, lease: Lease, error: Withheld, took: timedelta) -> None:
    claim, line = lease.claim, _line(Event.HELD, error, took)
    if error.need:
        lanes.lock(session, claim.account_id)
        if _connected_anew(session, lease):
            # It may have been given meanwhile.
            line = _line(Event.DEFERRED, error, took, clock.now())
            return endings.postpone(session, claim, line)
    if error.scope == Scope.MESSAGE or _alone(session, claim):
        line = replace(line, alone=True)
        return _end(session, claim, State.HELD, line, error.need)
    if _connected_anew(session, lease):
        return endings.postpone(session, claim, line, refused_at=clock.now())
    return _hold(session, claim, error, line)


def _alone(session: Session, claim: Claim) -> bool:
    """Tell whether others of its account have gone since it was refused before.

    That its account was released since is no proof: a change may have done that.
    """
    if claim.refused_at is None or lanes.holding(session, claim.account_id):
        return False
    return queue.sent_since(session, claim.account_id, claim.refused_at)


def _hold(session: Session, claim: Claim, error: Withheld, line: Line) -> None:
    """Hold its account, whether or not it leaves by another: somebody has to act."""
    fallback.pass_on(session, claim, line, refused_at=clock.now())
    hold = Hold(reason=str(error), cause=error.cause, command=error.command)
    if lanes.hold(session, claim.account_id, hold):
        told = replace(
            line,
            event=Event.ACCOUNT_HELD,
            account_id=claim.account_id,
            snapshot=claim.snapshot,
        )
        journal.write(session, told)
    if error.after:
        probes.rest(session, claim.account_id, clock.now() + error.after)


def _connected_anew(session: Session, lease: Lease) -> bool:
    """Tell whether what failed was a connection that is no longer in use."""
    connection = connections.find(session, lease.claim.account_id)
    return (connection.id if connection else None) != lease.connection_id


def _line(
    event: Event,
    error: DeliveryError,
    took: timedelta,
    again_at: datetime | None = None,
) -> Line:
    said = error.answer if error.answer != Answer() else None
    return Line(
        event=event,
        reason=error.advice,
        cause=error.cause,
        answer=said,
        took=took,
        again_at=again_at,
    )
