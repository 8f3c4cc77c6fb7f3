"""What leaves by the fallback: what surely nobody has accepted, and nothing else."""

from uuid import UUID

import pytest

from portal import db
from portal.delivery.backoff import LONGEST_WAIT
from portal.errors import Deferred, Needed, Rejected, Scope, Unsure, Withheld
from portal.explanations import network
from portal.mail.journal import Event
from portal.mail.lanes import flow
from portal.mail.outbox import State
from tests.conftest import Passing
from tests.delivery.fallback.standing_in import (
    OTHER,
    account_of,
    add,
    choose,
    held,
    put,
    story,
    work,
)
from tests.mail import backlog
from tests.postman import Postman

FULL = Withheld("The mailbox is full.", scope=Scope.ACCOUNT, command="Set-Mailbox")
Pair = tuple[UUID, UUID]


def test_what_holds_its_account_leaves_by_the_other_at_once(pair: Pair) -> None:
    account, other = pair
    message, postman = put(), Postman()

    work(Postman(FULL), postman)

    assert backlog.state(message) is State.SENT
    assert account_of(message) == other
    assert [parcel.sender for parcel in postman.parcels] == [OTHER]
    assert held(account) == "The mailbox is full."


def test_its_story_tells_by_which_account_and_why(pair: Pair) -> None:
    message = put()

    work(Postman(FULL), Postman())

    [line] = [each for each in story(message) if each.event == Event.DIVERTED]
    assert (line.account_id, line.attempt) == (pair[0], 1)
    assert line.reason == (
        "It was passed on to the account backup, because default could not send it."
        " The mailbox is full. Command: Set-Mailbox"
    )
    assert line.took is not None


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (Rejected(), State.FAILED),
        (Withheld("Not this one."), State.HELD),
        (Needed(), State.HELD),
        (Unsure(), State.SENDING),
        (Deferred(), State.QUEUED),
        (ZeroDivisionError(), State.SENDING),
    ],
)
def test_what_concerns_one_message_stays(
    pair: Pair, error: Exception, state: State
) -> None:
    message, postman = put(), Postman()

    work(Postman(error), postman)

    assert (backlog.state(message), account_of(message)) == (state, pair[0])
    assert postman.parcels == []


def test_a_mailbox_out_of_reach_is_tried_three_times(
    pair: Pair, passes: Passing
) -> None:
    message, own, postman = put(), Postman(Deferred(scope=Scope.MAILBOX)), Postman()

    for _ in range(5):
        work(own, postman)
        passes(seconds=LONGEST_WAIT.total_seconds())

    assert (len(own.parcels), len(postman.parcels)) == (3, 1)
    assert backlog.state(message) is State.SENT
    assert held(pair[0]) == ""


def test_of_a_mailbox_out_of_reach_it_is_known_why(pair: Pair, passes: Passing) -> None:
    row = network.UNRESOLVED
    put()

    for _ in range(3):
        work(Postman(row.error(host="nowhere.invalid")), Postman())
        passes(seconds=LONGEST_WAIT.total_seconds())

    with db.reading() as session:
        why = flow.failing(session, pair[0])
    assert why
    assert why.cause == row.name
    assert "nowhere.invalid" in why.reason


def test_all_that_waits_for_a_mailbox_out_of_reach_leaves(
    pair: Pair, passes: Passing
) -> None:
    own, postman = Postman(Deferred(scope=Scope.MAILBOX)), Postman()
    put_down = [put() for _ in range(10)]

    for _ in range(3):
        work(own, postman)
        passes(seconds=121)

    assert {backlog.state(each) for each in put_down} == {State.SENT}
    assert len(postman.parcels) == 10


def test_what_is_in_doubt_is_never_sent_by_the_other(
    pair: Pair, passes: Passing
) -> None:
    doubted, own, postman = put(), Postman(Unsure(), FULL), Postman()
    work(own, postman)
    put()
    work(own, postman)

    for _ in range(10):
        passes(hours=1)
        work(own, postman)

    assert backlog.state(doubted) is State.UNCONFIRMED
    assert doubted not in {parcel.message_id for parcel in postman.parcels}


def test_what_may_have_become_a_draft_that_was_sent_stays(pair: Pair) -> None:
    begun = put()
    backlog.change(begun, draft_id="AAk=", draft_begun=True)
    repeated = put()
    backlog.change(repeated, repeats=1)
    backlog.hold(pair[0])

    work(Postman(), Postman())

    assert {account_of(each) for each in (begun, repeated)} == {pair[0]}


def test_the_other_is_no_better_than_it_is(pair: Pair, passes: Passing) -> None:
    account, other = pair
    message = put()

    work(Postman(FULL), Postman(Withheld("No.", scope=Scope.ACCOUNT)))

    assert account_of(message) == other
    assert backlog.state(message) is State.HELD
    assert (held(account), held(other)) == ("The mailbox is full.", "No.")


def test_what_went_to_the_other_goes_no_further(pair: Pair, passes: Passing) -> None:
    choose(pair[1], third := add("third"))
    message = put()

    work(Postman(FULL), Postman(Withheld("No.", scope=Scope.ACCOUNT)))
    passes(minutes=5)
    work(Postman(), Postman())

    assert account_of(message) == pair[1] != third


def test_time_that_went_by_behind_a_hold_does_not_count(
    pair: Pair, passes: Passing
) -> None:
    account, other = pair
    choose(account, None)
    old = put()
    backlog.hold(account)
    passes(days=6)

    choose(account, other)
    work(Postman(FULL), Postman())

    assert backlog.record(old).state is State.HELD
    assert account_of(old) == account
