"""What the fallback may not send stays with its account, and says so."""

from uuid import UUID

import pytest

from portal import db
from portal.accept import Caller
from portal.errors import NotAllowed, Scope, Withheld
from portal.intake import desk
from portal.intake.cover import Cover
from portal.mail.journal import Event
from portal.mail.outbox import State
from portal.workspace import accounts, switch
from portal.workspace.accounts import Envelope
from portal.workspace.people import keys
from portal.workspace.people.limits import Limits
from tests.conftest import Passing
from tests.delivery.fallback import standing_in
from tests.delivery.fallback.standing_in import (
    OTHER,
    OWN,
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
from tests.terminal import portal

Pair = tuple[UUID, UUID]


def full() -> Postman:
    return Postman(Withheld("The mailbox is full.", scope=Scope.ACCOUNT))


def with_key(**limits: object) -> Caller:
    """Call with a key that may do so much."""
    with db.session() as session:
        secret = keys.create(session, "app", Limits(**limits))  # type: ignore[arg-type]
        key = keys.check(session, secret)
    return Caller(name="app", key_id=key.id)


def test_a_from_that_the_other_may_not_use_stays_and_says_so(pair: Pair) -> None:
    first, second = put(sender=OWN), put(sender=OWN)

    work(full(), postman := Postman())

    why = f"It stays with its account: backup may not send as {OWN}."
    for message in (first, second):
        record = backlog.record(message)
        assert (record.state, record.account_id) == (State.HELD, pair[0])
        assert record.reason == f"{why} The mailbox is full."
    assert story(second)[-1].event == Event.HELD
    assert story(second)[-1].reason == why
    assert postman.parcels == []


def test_a_from_that_the_other_may_use_leaves(either_house: object) -> None:
    standing_in.pair(OTHER, "@contoso.example")
    put(sender=OWN)

    work(full(), postman := Postman())

    assert [parcel.sender for parcel in postman.parcels] == [OWN]


def test_what_stays_goes_when_its_account_is_well(pair: Pair, passes: Passing) -> None:
    message = put(sender=OWN)
    work(full(), Postman())
    passes(minutes=15)

    work(Postman(), Postman())

    assert (backlog.state(message), account_of(message)) == (State.SENT, pair[0])


def test_what_stays_keeps_nothing_else_from_leaving(pair: Pair) -> None:
    for _ in range(3):
        put(sender=OWN)
    message = put()

    work(full(), postman := Postman())

    assert [parcel.message_id for parcel in postman.parcels] == [message]


@pytest.mark.parametrize("which", ["accounts", "senders"])
def test_what_its_key_may_not_do_stays(pair: Pair, which: str) -> None:
    limits = {"accounts": (pair[0],), "senders": (OWN,)}
    message = put(with_key(**{which: limits[which]}))

    work(full(), Postman())

    assert account_of(message) == pair[0]
    assert "its API key may not send it by backup" in backlog.record(message).reason


def test_what_its_key_may_do_leaves(pair: Pair) -> None:
    message = put(with_key(accounts=pair, senders=("@contoso.example",)))

    work(full(), Postman())

    assert account_of(message) == pair[1]


@pytest.mark.parametrize("choice", [Envelope.REFUSE, Envelope.REWRITE])
def test_what_the_other_would_have_refused_stays(pair: Pair, choice: Envelope) -> None:
    with db.session() as session:
        accounts.decide_envelope(session, pair[1], choice)
    mail = b"To: somebody@else.example\r\n\r\nWell.\r\n"
    cover = Cover(recipients=["jane@example.com"])
    taken = desk.take(mail, Caller(name="test"), cover=cover)

    work(full(), postman := Postman())

    record = backlog.record(UUID(taken.id))
    stays = choice == Envelope.REFUSE
    assert record.account_id == (pair[0] if stays else pair[1])
    assert ("than its envelope, which backup does not" in record.reason) == stays
    assert len(postman.parcels) == (not stays)


def test_an_account_that_is_switched_off_stands_in_for_nobody(pair: Pair) -> None:
    off = put()
    with db.session() as session:
        switch.off(session, accounts.by_id(session, pair[1]))
    work(full(), Postman())
    assert account_of(off) == pair[0]

    with db.session() as session:
        switch.on(session, accounts.by_id(session, pair[1]))
    work(full(), Postman())

    assert account_of(off) == pair[1]


def test_a_removed_account_stands_in_for_nobody(pair: Pair) -> None:
    message = put()
    with db.session() as session:
        accounts.remove(session, accounts.by_id(session, pair[1]), "Ann")

    work(full(), Postman())

    assert account_of(message) == pair[0]
    assert held(pair[0])


def test_whoever_has_mail_of_others_is_not_removed(pair: Pair) -> None:
    put()
    work(full(), Postman(Withheld("No.", scope=Scope.ACCOUNT)))

    with db.session() as session, pytest.raises(NotAllowed, match="not settled yet"):
        accounts.remove(session, accounts.by_id(session, pair[1]), "Ann")


def test_another_choice_is_asked_about_what_stayed(pair: Pair) -> None:
    message = put(sender=OWN)
    work(full(), Postman())

    choose(pair[0], third := add("third", OWN))
    work(full(), Postman())

    assert account_of(message) == third


def test_who_waits_for_it_does_not_wait_for_what_may_pass_behind_it(pair: Pair) -> None:
    sending = ("send", "--to=jane@example.com", f"--from={OWN}", "--idempotency-key=a")
    portal(*sending)
    work(full(), Postman())
    put()

    ran = portal(*sending, "--wait")

    assert (ran.code, ran.out.split()[-1]) == (1, "held")
