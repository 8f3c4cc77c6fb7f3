"""What vanished workers leave: looked up if it may have been sent, else taken again."""

from uuid import UUID

import pytest

from portal.config import Config
from portal.explanations import own
from portal.mail.journal import Event
from portal.mail.outbox import Claim, ClaimLost, State, claims, vanished
from tests.conftest import Passing
from tests.crowd import together
from tests.mail import backlog

LEASE = claims.LEASE.total_seconds()
DRAFT = "AAk="


@pytest.fixture
def claim(account: UUID, passes: Passing) -> Claim:
    """Claim the only message that there is."""
    backlog.put(account)
    [claim] = backlog.take()
    return claim


@pytest.fixture
def drafted(claim: Claim) -> Claim:
    """Keep a draft of it, and begin nothing more."""
    backlog.prepare(claim, DRAFT)
    return claim


def test_what_a_vanished_worker_left_is_looked_up_never_queued(
    claim: Claim, passes: Passing
) -> None:
    passes(seconds=LEASE)
    assert backlog.recover() == 1
    assert backlog.recover() == 0

    assert backlog.take() == []
    assert backlog.state(claim.message_id) is State.SENDING
    assert backlog.events(claim.message_id)[-1] is Event.DOUBTED
    passes(seconds=5)
    [look] = backlog.take(worker="w2")
    assert (look.doubted, look.attempt) == (True, 1)


def test_a_worker_that_vanishes_while_looking_leaves_the_doubt(
    claim: Claim, passes: Passing
) -> None:
    backlog.doubt(claim)
    passes(seconds=5)
    backlog.take()

    passes(seconds=LEASE)
    backlog.recover()
    passes(seconds=15)

    [look] = backlog.take()
    assert (look.doubted, look.looks) == (True, 1)


def test_a_lease_that_ended_frees_its_place_in_the_lane(
    either_house: Config, passes: Passing
) -> None:
    account = backlog.account()
    backlog.open_lane(account, in_flight=1)
    backlog.put(account)
    second = backlog.put(account)
    backlog.take()

    passes(seconds=LEASE)
    backlog.recover()

    assert backlog.taken() == [second]


def test_vanished_claims_are_found_by_several_workers_once(
    account: UUID, passes: Passing
) -> None:
    for _ in range(12):
        backlog.put(account)
    backlog.take()
    passes(seconds=LEASE)
    found: list[int] = []

    together(lambda: found.append(backlog.recover()))

    assert sum(found) == 12


def test_what_only_prepared_a_draft_goes_again_from_there(
    drafted: Claim, passes: Passing
) -> None:
    passes(seconds=LEASE)
    backlog.recover()

    assert backlog.state(drafted.message_id) is State.QUEUED
    [again] = backlog.take()
    assert (again.doubted, again.draft_id, again.attempt) == (False, DRAFT, 2)


def test_a_draft_whose_sending_may_have_begun_is_looked_up(
    drafted: Claim, passes: Passing
) -> None:
    backlog.begin(drafted)

    passes(seconds=LEASE)
    backlog.recover()

    assert backlog.state(drafted.message_id) is State.SENDING
    passes(seconds=5)
    [look] = backlog.take()
    assert (look.doubted, look.draft_id) == (True, DRAFT)


def test_what_is_a_draft_already_has_not_begun_when_it_is_claimed(
    drafted: Claim, passes: Passing
) -> None:
    backlog.postpone(drafted)
    backlog.take()

    passes(seconds=LEASE)
    backlog.recover()

    assert backlog.state(drafted.message_id) is State.QUEUED


def test_a_draft_stays_behind_in_the_mailbox_that_keeps_it(
    drafted: Claim, passes: Passing
) -> None:
    backlog.postpone(drafted)
    backlog.open_lane(drafted.account_id, key="tenant/another mailbox")

    [again] = backlog.take()

    assert again.draft_id == ""
    passes(seconds=LEASE)
    backlog.recover()
    assert backlog.state(drafted.message_id) is State.SENDING


def test_who_stops_three_workers_is_set_aside(account: UUID, passes: Passing) -> None:
    message = backlog.put(account)

    for _ in range(vanished.LOSSES):
        assert backlog.state(message) is State.QUEUED
        [claim] = backlog.take()
        backlog.prepare(claim)
        passes(seconds=LEASE)
        backlog.recover()

    assert backlog.state(message) is State.HELD
    assert backlog.record(message).reason == own.STOPPED.sentence
    assert backlog.events(message)[-1] is Event.HELD
    assert backlog.take() == []


def test_a_lost_claim_prepares_and_begins_nothing(
    claim: Claim, passes: Passing
) -> None:
    passes(seconds=LEASE)
    backlog.recover()

    with pytest.raises(ClaimLost):
        backlog.prepare(claim, DRAFT)
    with pytest.raises(ClaimLost):
        backlog.begin(claim)
