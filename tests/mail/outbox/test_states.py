"""Whatever happens in whatever order: no message is lost, and each change is told."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal import clock, db
from portal.config import Config
from portal.errors import Conflict
from portal.mail import lanes
from portal.mail.journal import Event, JournalRow
from portal.mail.lanes import FeedRow, LaneRow, charges
from portal.mail.outbox import (
    FINAL,
    Claim,
    ClaimLost,
    MessageRow,
    Priority,
    State,
    decisions,
)
from tests.mail import backlog

# What the newest line of a message says about the state that it is in.
TOLD: dict[Event, set[State]] = {
    Event.ACCEPTED: {State.QUEUED},
    Event.SENDING: {State.SENDING},
    Event.ARRIVED: {State.SENT},
    Event.CANCELLED: {State.CANCELLED},
    Event.RESUMED: {State.QUEUED},
    Event.REPEATED: {State.QUEUED},
    Event.RESENT: set(decisions.ENDED),
    Event.SENT: {State.SENT},
    Event.DEFERRED: {State.QUEUED, State.SENDING},  # the latter if it is doubted
    Event.HELD: {State.HELD},
    Event.DOUBTED: {State.SENDING},
    Event.UNCONFIRMED: {State.UNCONFIRMED},
    Event.FAILED: {State.FAILED},
    Event.EXPIRED: {State.FAILED},
}
Decision = Callable[[Session, UUID, str], None]

SETTLED = st.sampled_from(
    [
        (State.SENT, Event.SENT),
        (State.FAILED, Event.FAILED),
        (State.HELD, Event.HELD),
        (State.UNCONFIRMED, Event.UNCONFIRMED),
    ]
)


class Outbox(RuleBasedStateMachine):
    """Doors, workers, a human and time, each doing what it may."""

    def __init__(self) -> None:
        super().__init__()
        with db.session() as session:
            for each in (MessageRow, JournalRow, FeedRow, LaneRow):
                session.execute(delete(each))
        self.account = db.new_id()
        self.now = clock.now()
        clock.now = lambda: self.now
        backlog.open_lane(self.account, in_flight=4)
        self.put_in: set[UUID] = set()
        self.lines = 0
        self.living: list[Claim] = []  # as far as their workers know
        self.doubted: set[UUID] = set()
        self.sent: set[UUID] = set()

    @rule(priority=st.sampled_from(Priority), life=st.none() | st.integers(1, 3000))
    def put(self, priority: Priority, life: int | None) -> None:
        over = self.now + timedelta(seconds=life) if life else None
        message = backlog.put(self.account, priority=priority, expires_at=over)
        self.put_in.add(message)
        self.lines += 1

    @rule(wanted=st.integers(0, 5))
    def take(self, wanted: int) -> None:
        taken = backlog.take(wanted)
        assert len(taken) <= wanted
        assert all(
            claim.doubted == (claim.message_id in self.doubted) for claim in taken
        )
        self.living += taken
        self.lines += len(taken)

    @rule(seconds=st.sampled_from([1, 5, 60, 120, 900]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(pick=st.integers(0), end=SETTLED)
    def settle(self, pick: int, end: tuple[State, Event]) -> None:
        self.end(pick, lambda claim: backlog.settle(claim, *end))

    @rule(pick=st.integers(0), seconds=st.integers(0, 1000))
    def postpone(self, pick: int, seconds: int) -> None:
        later = self.now + timedelta(seconds=seconds)
        self.end(pick, lambda claim: backlog.postpone(claim, later))

    @rule(pick=st.integers(0))
    def resume(self, pick: int) -> None:
        if claim := self.end(pick, backlog.resume):
            self.doubted.discard(claim.message_id)

    @rule(pick=st.integers(0))
    def doubt(self, pick: int) -> None:
        if claim := self.end(pick, backlog.doubt):
            self.doubted.add(claim.message_id)

    @rule(pick=st.integers(0))
    def resend(self, pick: int) -> None:
        if claim := self.end(pick, backlog.repeat):
            self.doubted.discard(claim.message_id)

    @rule(pick=st.integers(0), draft=st.sampled_from(["", "AAk="]))
    def prepare(self, pick: int, draft: str) -> None:
        # On the way to a draft, of what is not doubted.
        self.note(pick, lambda claim: backlog.prepare(claim, draft), doubted=False)

    @rule(pick=st.integers(0))
    def begin(self, pick: int) -> None:
        self.note(pick, backlog.begin, doubted=False)

    @rule()
    def recover(self) -> None:
        vanished = [row for row in self.rows() if self.vanished(row)]
        assert backlog.recover() == len(vanished)
        self.doubted |= {row.id for row in vanished if row.began or row.doubted}
        self.lines += len(vanished)

    @rule()
    def expire(self) -> None:
        self.lines += backlog.expire()

    @rule(
        pick=st.integers(0),
        decide=st.sampled_from(
            [decisions.retry, decisions.cancel, decisions.arrived, backlog.supersede]
        ),
    )
    def decide(self, pick: int, decide: Decision) -> None:
        """Let a human decide about any message, in whatever state it is."""
        if not self.put_in:
            return
        message = sorted(self.put_in)[pick % len(self.put_in)]
        before = backlog.row(message)
        try:
            with db.session() as session:
                decide(session, message, "Ann")
        except Conflict:
            assert backlog.row(message) == before
            return
        self.lines += 1
        if backlog.row(message)["doubted"] is False:
            self.doubted.discard(message)

    @rule(amount=st.integers(1, 30))
    def spend(self, amount: int) -> None:
        """Let the mailbox be charged, so that budgets bar the way now and then."""
        with db.session() as session:
            lane = session.query(LaneRow).one()
            charges.spend(session, lane.id, {"recipients": amount * 500})

    @rule(held=st.booleans())
    def human(self, held: bool) -> None:
        if held:
            backlog.hold(self.account)
        else:
            with db.session() as session:
                lanes.release(session, self.account)

    @invariant()
    def nothing_is_lost(self) -> None:
        assert {row.id for row in self.rows()} == self.put_in

    @invariant()
    def each_change_is_told(self) -> None:
        with db.reading() as session:
            lines = session.query(JournalRow).order_by(JournalRow.id).all()
        newest = {line.message_id: Event(line.event) for line in lines}
        assert len(lines) == self.lines
        for row in self.rows():
            assert State(row.state) in TOLD[newest[row.id]]

    @invariant()
    def a_doubt_is_kept_and_never_queued(self) -> None:
        for row in self.rows():
            assert row.doubted == (row.id in self.doubted)
            assert not (row.doubted and row.state == State.QUEUED)

    @invariant()
    def what_waits_has_a_time_and_what_is_claimed_has_a_lease(self) -> None:
        for row in self.rows():
            claimed = row.claim is not None
            assert claimed == (row.leased_until is not None)
            waits = row.state in (State.QUEUED, State.SENDING)
            queued, asked = row.due_at is not None, row.look_at is not None
            assert claimed + queued + asked == (1 if waits else 0)
            assert not (asked and not row.doubted)

    @invariant()
    def there_is_no_way_out_of_sent(self) -> None:
        sent = {row.id for row in self.rows() if row.state == State.SENT}
        assert self.sent <= sent
        self.sent = sent

    @invariant()
    def what_has_ended_says_when(self) -> None:
        for row in self.rows():
            ended = row.state in FINAL or row.resent_as is not None
            assert (row.finished_at is not None) == ended

    def end(self, pick: int, way: Callable[[Claim], None]) -> Claim | None:
        """End a claim; None if it is lost, which changes nothing."""
        if not self.living:
            return None
        claim = self.living[pick % len(self.living)]
        ours = backlog.row(claim.message_id)["claim"] == claim.token
        try:
            way(claim)
        except ClaimLost:
            assert not ours
            return None
        assert ours
        self.lines += 1
        return claim

    def note(self, pick: int, way: Callable[[Claim], None], *, doubted: bool) -> None:
        """Note something about a claim that lives on; nothing if it is lost."""
        known = [claim for claim in self.living if claim.doubted == doubted]
        if not known:
            return
        claim = known[pick % len(known)]
        ours = backlog.row(claim.message_id)["claim"] == claim.token
        try:
            way(claim)
        except ClaimLost:
            assert not ours
        else:
            assert ours

    def vanished(self, row: MessageRow) -> bool:
        return row.leased_until is not None and row.leased_until <= self.now

    def rows(self) -> list[MessageRow]:
        with db.reading() as session:
            return session.query(MessageRow).all()


def test_no_order_of_events_loses_or_doubles_a_message(
    house: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", clock.now)  # put back afterwards

    run_state_machine_as_test(
        Outbox,
        settings=hypothesis.settings(
            max_examples=25,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        ),
    )
