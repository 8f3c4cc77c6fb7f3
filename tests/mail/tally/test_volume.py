"""Volume: what became of the mails of a day or an hour, and which need a human yet."""

from uuid import UUID

from portal import clock, db
from portal.mail.journal import Event
from portal.mail.outbox import State
from portal.mail.tally import volume
from portal.mail.tally.volume import Period, Volume
from tests.conftest import Passing
from tests.mail import backlog


def lately(period: Period = Period.WEEK) -> Volume:
    with db.reading() as session:
        return volume.lately(session, period)


def end(account: UUID, state: State, event: Event) -> UUID:
    message = backlog.put(account)
    [claim] = backlog.take()
    backlog.settle(claim, state, event)
    return message


def test_each_outcome_counts_on_the_day_that_it_came(
    account: UUID, passes: Passing
) -> None:
    passes()
    end(account, State.SENT, Event.SENT)
    passes(days=1)
    end(account, State.FAILED, Event.FAILED)
    end(account, State.FAILED, Event.EXPIRED)

    found = lately()

    days = [(each.sent, each.failed) for each in found.intervals]
    assert days == [*[(0, 0)] * 5, (1, 0), (0, 2)]
    assert (found.whole.sent, found.whole.failed) == (1, 2)
    assert (found.today.sent, found.today.failed) == (0, 2)


def test_a_day_is_told_hour_by_hour(account: UUID, passes: Passing) -> None:
    passes()
    end(account, State.SENT, Event.SENT)
    passes(hours=3)
    end(account, State.SENT, Event.SENT)

    found = lately(Period.DAY)

    assert [each.sent for each in found.intervals] == [0] * 20 + [1, 0, 0, 1]


def test_today_is_what_was_since_midnight(account: UUID, passes: Passing) -> None:
    passes()
    end(account, State.SENT, Event.SENT)
    passes(hours=24 - clock.now().hour)
    end(account, State.FAILED, Event.FAILED)

    days = [lately(period).today for period in Period]

    assert [(each.sent, each.failed) for each in days] == [(0, 1)] * 3


def test_what_needs_a_human_counts_on_the_day_that_it_was_accepted(
    account: UUID, passes: Passing
) -> None:
    passes()
    end(account, State.HELD, Event.HELD)
    end(account, State.UNCONFIRMED, Event.UNCONFIRMED)
    passes(days=1)

    assert [each.needy for each in lately().intervals] == [0, 0, 0, 0, 0, 2, 0]
    assert lately().whole.needy == 2


def test_what_a_human_has_settled_needs_none_any_more(
    account: UUID, passes: Passing
) -> None:
    passes()
    message = end(account, State.UNCONFIRMED, Event.UNCONFIRMED)
    with db.session() as session:
        backlog.supersede(session, message, "Ann")

    assert lately().whole.needy == 0


def test_what_is_older_counts_for_no_day(account: UUID, passes: Passing) -> None:
    passes()
    end(account, State.HELD, Event.HELD)
    passes(days=8)

    assert lately().whole.needy == 0
    assert lately(Period.MONTH).whole.needy == 1
