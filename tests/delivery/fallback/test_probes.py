"""An account that others stand in for still tries by itself, and comes back."""

from datetime import timedelta
from uuid import UUID

from portal import clock, db
from portal.delivery.outcome import fallback
from portal.errors import Scope, Withheld
from portal.intake import test_mail
from portal.mail import lanes
from portal.mail.fallback import BATCH
from portal.mail.journal import Event
from portal.mail.outbox import State
from tests.conftest import Passing
from tests.delivery.fallback.standing_in import (
    account_of,
    choose,
    held,
    put,
    story,
    work,
)
from tests.mail import backlog
from tests.postman import Postman

Pair = tuple[UUID, UUID]


def full() -> Postman:
    return Postman(Withheld("The mailbox is full.", scope=Scope.ACCOUNT))


def test_what_waits_behind_a_hold_leaves_in_its_order(pair: Pair) -> None:
    put_down = [put() for _ in range(5)]
    own, postman = full(), Postman()

    work(own, postman)

    assert len(own.parcels) == 1
    assert [parcel.message_id for parcel in postman.parcels] == put_down
    assert len([each for each in story(put_down[-1]) if each.attempt == 0]) == 2


def test_what_comes_meanwhile_leaves_without_a_try(pair: Pair, passes: Passing) -> None:
    own, postman = full(), Postman()
    put()
    work(own, postman)
    passes(minutes=14)

    message = put()
    work(own, postman)

    assert (len(own.parcels), len(postman.parcels)) == (1, 2)
    assert account_of(message) == pair[1]


def test_one_message_tries_whether_the_account_is_well(
    pair: Pair, passes: Passing
) -> None:
    own, postman = full(), Postman()
    put()
    work(own, postman)
    passes(minutes=15)

    probe, other = put(), put()
    work(own, postman)

    assert [each.message_id for each in own.parcels][1:] == [probe]
    assert {account_of(each) for each in (probe, other)} == {pair[1]}
    assert len(postman.parcels) == 3
    assert held(pair[0])


def test_an_account_comes_back_by_itself(pair: Pair, passes: Passing) -> None:
    put()
    work(full(), Postman())
    passes(minutes=15)

    own, postman = Postman(), Postman()
    probe = put()
    work(own, postman)
    following = put()
    work(own, postman)

    assert [each.message_id for each in own.parcels] == [probe, following]
    assert (held(pair[0]), postman.parcels) == ("", [])


def test_a_mailbox_that_rests_tries_nothing_and_keeps_nothing(
    pair: Pair, passes: Passing
) -> None:
    put()
    work(full(), Postman())
    passes(minutes=15)
    with db.session() as session:
        feed = session.get_one(lanes.FeedRow, pair[0])
        assert feed.lane_id
        lanes.pause(session, feed.lane_id, clock.now() + timedelta(days=1))

    message, postman = put(), Postman()
    work(full(), postman)

    assert [each.message_id for each in postman.parcels] == [message]


def test_a_long_queue_leaves_in_batches(pair: Pair) -> None:
    for _ in range(BATCH + 1):
        backlog.put(pair[0])
    choose(*pair)
    backlog.hold(pair[0])

    assert [fallback.relieve() for _ in range(3)] == [BATCH, 1, 0]


def test_an_account_that_a_human_closed_keeps_its_mail(pair: Pair) -> None:
    message = put()
    with db.session() as session:
        lanes.close(session, pair[0], "The settings were reset.")

    work(Postman(), Postman())

    assert (account_of(message), backlog.state(message)) == (pair[0], State.HELD)


def test_what_was_closed_meanwhile_keeps_what_it_was_sending(pair: Pair) -> None:
    message, own = put(), full()

    def close(_: object) -> None:
        with db.session() as session:
            lanes.close(session, pair[0], "The settings were reset.")

    own.while_sending = close
    work(own, Postman())

    assert (account_of(message), held(pair[0])) == (pair[0], "The settings were reset.")


def test_a_fallback_in_trouble_gets_nothing_but_the_message_it_tries(
    pair: Pair, passes: Passing
) -> None:
    account, other = pair
    backlog.hold(other, "Refused.")
    first, second = put(), put()
    work(full(), Postman())
    assert {account_of(each) for each in (first, second)} == {account}

    passes(minutes=16)
    work(full(), postman := Postman(), times=4)
    work(full(), postman)

    assert held(other) == ""
    assert {account_of(each) for each in (first, second)} == {other}


def test_a_new_choice_asks_about_all_that_waits(pair: Pair) -> None:
    account, other = pair
    choose(account, None)
    message = put()
    backlog.hold(account)
    work(Postman(), Postman())
    assert account_of(message) == account

    choose(account, other)
    work(Postman(), Postman())

    assert backlog.state(message) is State.SENT
    assert [each.event for each in story(message)].count(Event.DIVERTED) == 1


def test_a_test_of_an_account_is_not_passed_on(pair: Pair) -> None:
    message = test_mail.send("jane@example.com", "Test", "Well.", "Ann")

    work(full(), Postman())

    assert backlog.state(message) is State.HELD
    assert account_of(message) == pair[0]
