"""Several who move, claim, settle and choose at once: each message has one account."""

from contextlib import suppress
from datetime import timedelta
from itertools import permutations
from uuid import UUID

import pytest

from portal import clock, db
from portal.config import Config
from portal.delivery import outcome
from portal.delivery.outcome import fallback
from portal.delivery.parcels import Lease
from portal.errors import NotAllowed, Scope, Withheld
from portal.mail.journal import Event, Line
from portal.mail.lanes import FeedRow, LaneRow
from portal.mail.outbox import Claim, ClaimLost, State, claims
from portal.workspace import accounts, switch
from portal.workspace.accounts import AccountRow
from tests.crowd import together
from tests.delivery.crossing import ORDERS, cross
from tests.delivery.fallback.standing_in import (
    account_of,
    add,
    choose,
    held,
    pair,
    put,
    story,
    work,
)
from tests.delivery.steps import later
from tests.mail import backlog
from tests.postman import Postman

FULL = Withheld("The mailbox is full.", scope=Scope.ACCOUNT)


def settle(claim: Claim) -> None:
    """Write down that its account is held."""
    outcome.refused(Lease(claim), FULL, timedelta())


def remove(account: UUID) -> None:
    with db.session() as session:
        accounts.remove(session, accounts.by_id(session, account), "Ann")


def switch_off(account: UUID) -> None:
    with db.session() as session:
        switch.off(session, accounts.by_id(session, account))


def test_several_who_move_the_same_move_it_once(either_house: Config) -> None:
    account, other = pair()
    put_down = [put() for _ in range(20)]
    backlog.hold(account)

    together(fallback.relieve)

    for message in put_down:
        assert account_of(message) == other
        assert [each.event for each in story(message)].count(Event.DIVERTED) == 1


@pytest.mark.parametrize("order", ORDERS)
def test_what_is_claimed_is_not_moved(
    postgres_house: Config, order: tuple[int, int]
) -> None:
    account, other = pair()
    message = put()
    backlog.hold(account)
    with db.session() as session:
        feed = session.get_one(FeedRow, account)
        feed.probe_at = clock.now()
    taken: list[Claim] = []
    deeds = (lambda: taken.extend(backlog.take()), fallback.relieve)

    cross(LaneRow, *[deeds[each] for each in order])

    assert account_of(message) == account
    assert [claim.account_id for claim in [*taken, *backlog.take()]] == [account]
    assert other


@pytest.mark.parametrize("order", ORDERS)
def test_nothing_goes_to_an_account_that_is_being_removed(
    postgres_house: Config, order: tuple[int, int]
) -> None:
    _, other = pair()
    message = put()
    [claim] = backlog.take()
    refused: list[NotAllowed] = []

    def try_to_remove() -> None:
        try:
            remove(other)
        except NotAllowed as error:
            refused.append(error)

    deeds = (lambda: settle(claim), try_to_remove)
    cross(AccountRow, *[deeds[each] for each in order])

    assert (account_of(message) == other) == bool(refused)


@pytest.mark.parametrize("order", ORDERS)
def test_what_meets_an_account_that_is_being_switched_off_is_not_lost(
    postgres_house: Config, order: tuple[int, int]
) -> None:
    account, other = pair()
    message = put()
    [claim] = backlog.take()
    deeds = (lambda: settle(claim), lambda: switch_off(other))

    cross(AccountRow, *[deeds[each] for each in order])

    assert account_of(message) in (account, other)
    assert backlog.state(message) is State.HELD


@pytest.mark.parametrize("order", ORDERS)
def test_the_hold_comes_whoever_is_first(
    postgres_house: Config, order: tuple[int, int]
) -> None:
    account, other = pair()
    put_down = [put() for _ in range(2)]
    [claim] = backlog.take()
    deeds = (lambda: settle(claim), lambda: choose(account, other))

    cross(AccountRow, *[deeds[each] for each in order])
    work(Postman(FULL), Postman())

    assert held(account) == "The mailbox is full."
    assert {backlog.state(each) for each in put_down} == {State.SENT}


def test_of_two_who_would_fall_back_on_each_other_one_is_refused(
    postgres_house: Config,
) -> None:
    pairs = list(permutations((add("one"), add("two"))))
    refused: list[NotAllowed] = []

    def choose_one() -> None:
        try:
            choose(*pairs.pop())
        except NotAllowed as error:
            refused.append(error)

    together(choose_one, threads=2)

    assert len(refused) == 1


def test_who_dies_while_it_settles_has_moved_nothing(
    either_house: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, _ = pair()
    message, postman = put(), Postman()
    [claim] = backlog.take()
    with suppress(KeyboardInterrupt), db.session() as session:
        line = Line(event=Event.HELD, reason="The mailbox is full.")
        fallback.pass_on(session, claim, line)
        raise KeyboardInterrupt

    later(monkeypatch, claims.LEASE + timedelta(seconds=1))
    work(Postman(), postman)

    # Its attempt may have been accepted, for all that is known now.
    assert account_of(message) == account
    assert postman.parcels == []


def test_who_comes_too_late_moves_nothing(
    either_house: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, _ = pair()
    message = put()
    [claim] = backlog.take()
    backlog.prepare(claim)
    later(monkeypatch, claims.LEASE + timedelta(seconds=1))
    backlog.recover()

    with pytest.raises(ClaimLost):
        settle(claim)

    assert account_of(message) == account
    assert not held(account)
