"""Deeds that meet in PostgreSQL, each wanting what the other has: both end well."""

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import pytest

from portal import clock, config, db
from portal.config import Config
from portal.delivery import outcome
from portal.delivery.parcels import Lease
from portal.delivery.transport import Accepted
from portal.errors import Answer, Deferred, DeliveryError, Rejected, Scope
from portal.mail import lanes, mark
from portal.mail.lanes import FeedRow, LaneRow
from portal.mail.outbox import Claim, ClaimLost, MessageRow, State, claims
from portal.workspace import accounts, house
from portal.workspace.accounts.servers import HERE
from tests.delivery.crossing import ORDERS, cross
from tests.delivery.steps import later
from tests.mail import backlog


@pytest.fixture
def claim(postgres_house: Config) -> Claim:
    """Claim the only message that there is."""
    account = backlog.account()
    backlog.open_lane(account, in_flight=4)
    backlog.put(account)
    [claim] = backlog.take()
    return claim


def settle(claim: Claim, error: DeliveryError) -> None:
    """Write down how an attempt ended, unless somebody else has decided about it."""
    with suppress(ClaimLost):
        outcome.refused(Lease(claim), error, timedelta())


@pytest.mark.parametrize("order", ORDERS)
def test_a_worker_that_is_given_up_may_still_defer(
    claim: Claim, monkeypatch: pytest.MonkeyPatch, order: tuple[int, int]
) -> None:
    backlog.prepare(claim, "AAk=")
    later(monkeypatch, claims.LEASE + timedelta(seconds=1))
    away = Deferred(scope=Scope.MAILBOX)
    deeds = (lambda: settle(claim, away), backlog.recover)

    cross(LaneRow, *[deeds[each] for each in order])

    assert backlog.state(claim.message_id) is State.QUEUED


@pytest.mark.parametrize("order", ORDERS)
def test_a_restore_is_noticed_while_an_attempt_ends(
    claim: Claim, order: tuple[int, int]
) -> None:
    ahead = clock.now() + timedelta(hours=1)
    mark.advance(config.current().instance, ahead)
    deeds = (
        lambda: settle(claim, Rejected()),
        lambda: house.notice_restore(config.current()),
    )

    cross(LaneRow, *[deeds[each] for each in order])

    assert backlog.state(claim.message_id) in {State.FAILED, State.HELD}
    with db.reading() as session:
        assert mark.behind(session, config.current().instance) is None


@pytest.mark.parametrize("order", ORDERS)
def test_a_first_mail_proves_an_account_while_it_is_given_a_fallback(
    postgres_house: Config, order: tuple[int, int]
) -> None:
    with db.session() as session:
        [one, other] = [
            accounts.add_smtp(session, name, ["ann@b.example"], HERE, by="Ann").id
            for name in ("one", "other")
        ]
    message = backlog.put(one)
    [claim] = backlog.take()
    deeds = (lambda: accept(claim), lambda: choose(one, other))

    cross(MessageRow, *[deeds[each] for each in order])

    assert backlog.state(message) is State.SENT
    with db.reading() as session:
        known = accounts.by_id(session, one)
    assert known.proven_at is not None
    assert known.fallback_id == other


def accept(claim: Claim) -> None:
    """Write down that its first message was accepted."""
    lease = Lease(claim)
    lease.proves = True
    outcome.accepted(lease, Accepted(answer=Answer()), timedelta())


def choose(account: UUID, other: UUID) -> None:
    with db.session() as session:
        accounts.decide_fallback(session, account, other)


@pytest.mark.parametrize("order", ORDERS)
def test_an_account_is_routed_while_it_is_claimed_from(
    postgres_house: Config, order: tuple[int, int]
) -> None:
    account = backlog.account()
    backlog.open_lane(account, in_flight=4)
    message = backlog.put(account)
    backlog.hold(account)
    with db.session() as session:
        lanes.probe(session, account)
    deeds = (lambda: move_and_back(account), backlog.take)

    cross(FeedRow, *[deeds[each] for each in order])

    assert backlog.state(message) in {State.QUEUED, State.SENDING}


def move_and_back(account: UUID) -> None:
    """Route an account elsewhere and back, in one transaction."""
    with db.session() as session:
        for key in ("tenant/elsewhere", backlog.LANE):
            lanes.route(session, account, key, 4)
