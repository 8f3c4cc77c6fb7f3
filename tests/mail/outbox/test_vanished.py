"""What vanished workers leave: looked up if it may have been sent, else taken again."""

import pytest

from portal.config import Config
from portal.mail.journal import Event
from portal.mail.outbox import ClaimLost, State, claims, vanished
from tests.conftest import Passing
from tests.mail import backlog
from tests.mail.crowd import together

LEASE = claims.LEASE.total_seconds()


def test_what_a_vanished_worker_left_is_looked_up_never_queued(
    either_house: Config, passes: Passing
) -> None:
    account = backlog.account()
    backlog.open_lane(account)
    message = backlog.put(account)
    backlog.take()

    passes(seconds=LEASE)
    assert backlog.recover() == 1
    assert backlog.recover() == 0

    assert backlog.take() == []
    assert backlog.state(message) is State.SENDING
    assert backlog.events(message)[-1] is Event.DOUBTED
    passes(seconds=5)
    [claim] = backlog.take(worker="w2")
    assert (claim.doubted, claim.attempt) == (True, 1)


def test_a_worker_that_vanishes_while_looking_leaves_the_doubt(
    either_house: Config, passes: Passing
) -> None:
    account = backlog.account()
    backlog.open_lane(account)
    backlog.put(account)
    [claim] = backlog.take()
    backlog.doubt(claim)
    passes(seconds=5)
    backlog.take()

    passes(seconds=LEASE)
    backlog.recover()
    passes(seconds=15)

    [claim] = backlog.take()
    assert (claim.doubted, claim.looks) == (True, 1)


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
    either_house: Config, passes: Passing
) -> None:
    account = backlog.account()
    backlog.open_lane(account)
    for _ in range(12):
        backlog.put(account)
    backlog.take()
    passes(seconds=LEASE)
    found: list[int] = []

    together(lambda: found.append(backlog.recover()))

    assert sum(found) == 12


def test_what_only_prepared_a_draft_goes_again_from_there(
    either_house: Config, passes: Passing
) -> None:
    account = backlog.account()
    backlog.open_lane(account)
    message = backlog.put(account)
    [claim] = backlog.take()
    backlog.prepare(claim, "AAk=")

    passes(seconds=LEASE)
    backlog.recover()

    assert backlog.state(message) is State.QUEUED
    [claim] = backlog.take()
    assert (claim.doubted, claim.draft_id, claim.attempt) == (False, "AAk=", 2)


def test_a_draft_whose_sending_may_have_begun_is_looked_up(
    either_house: Config, passes: Passing
) -> None:
    account = backlog.account()
    backlog.open_lane(account)
    message = backlog.put(account)
    [claim] = backlog.take()
    backlog.prepare(claim, "AAk=")
    backlog.begin(claim)

    passes(seconds=LEASE)
    backlog.recover()

    assert backlog.state(message) is State.SENDING
    passes(seconds=5)
    [claim] = backlog.take()
    assert (claim.doubted, claim.draft_id) == (True, "AAk=")


def test_what_is_a_draft_already_has_not_begun_when_it_is_claimed(
    either_house: Config, passes: Passing
) -> None:
    account = backlog.account()
    backlog.open_lane(account)
    message = backlog.put(account)
    [claim] = backlog.take()
    backlog.prepare(claim, "AAk=")
    backlog.postpone(claim)
    backlog.take()

    passes(seconds=LEASE)
    backlog.recover()

    assert backlog.state(message) is State.QUEUED


def test_a_draft_stays_behind_in_the_mailbox_that_keeps_it(
    either_house: Config, passes: Passing
) -> None:
    account = backlog.account()
    backlog.open_lane(account)
    message = backlog.put(account)
    [claim] = backlog.take()
    backlog.prepare(claim, "AAk=")
    backlog.postpone(claim)
    backlog.open_lane(account, key="tenant/another mailbox")

    [claim] = backlog.take()

    assert claim.draft_id == ""
    passes(seconds=LEASE)
    backlog.recover()
    assert backlog.state(message) is State.SENDING


def test_who_stops_three_workers_is_set_aside(
    either_house: Config, passes: Passing
) -> None:
    account = backlog.account()
    backlog.open_lane(account)
    message = backlog.put(account)

    for _ in range(vanished.LOSSES):
        assert backlog.state(message) is State.QUEUED
        [claim] = backlog.take()
        backlog.prepare(claim)
        passes(seconds=LEASE)
        backlog.recover()

    assert backlog.state(message) is State.HELD
    assert backlog.record(message).reason == vanished.SET_ASIDE
    assert backlog.events(message)[-1] is Event.HELD
    assert backlog.take() == []


def test_a_lost_claim_prepares_and_begins_nothing(
    either_house: Config, passes: Passing
) -> None:
    account = backlog.account()
    backlog.open_lane(account)
    backlog.put(account)
    [claim] = backlog.take()
    passes(seconds=LEASE)
    backlog.recover()

    with pytest.raises(ClaimLost):
        backlog.prepare(claim, "AAk=")
    with pytest.raises(ClaimLost):
        backlog.begin(claim)
