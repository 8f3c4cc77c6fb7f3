"""What an account has sent again when in doubt: it may have arrived before."""

from datetime import timedelta
from uuid import UUID

import pytest

from portal import clock, db
from portal.accept import Caller
from portal.delivery.transport import Accepted, NotSent, Parcel, Unknown
from portal.errors import Answer, Deferred, Rejected, Unsure
from portal.intake import desk
from portal.mail import outbox
from portal.mail.journal import Event
from portal.mail.message import Message
from portal.mail.outbox import State, claims, vanished
from portal.workspace import accounts
from portal.workspace.accounts import WhenUnsure
from tests.delivery.steps import events, later, record, work_once
from tests.postman import Postman

SOON = outbox.LOOKS[0]


@pytest.fixture(autouse=True)
def resending(open_lane: UUID) -> None:
    """Let the account send again what nobody could find out."""
    with db.session() as session:
        accounts.decide_unsure(session, open_lane, WhenUnsure.RESEND)


def accept(expires: timedelta | None = None) -> UUID:
    over = clock.now() + expires if expires else None
    brought = Message(to="jane@example.com", text="Well.", expires_at=over)
    return UUID(desk.take(brought, Caller(name="test")).id)


def test_what_is_rejected_when_it_goes_again_has_not_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    message = accept()
    postman = Postman(Unsure("The answer was lost."), Rejected("Nobody lives there."))
    work_once(postman)

    later(monkeypatch, SOON)
    while work_once(postman):
        pass

    assert record(message).state == State.UNCONFIRMED
    assert events(message)[-1] == Event.UNCONFIRMED
    assert len(postman.parcels) == 2


def test_what_expires_before_it_goes_again_has_not_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    message = accept(expires=timedelta(minutes=10))
    wait = timedelta(hours=1)
    postman = Postman(Unsure("The answer was lost."), Deferred(after=wait))
    work_once(postman)
    later(monkeypatch, SOON)
    while work_once(postman):
        pass

    later(monkeypatch, timedelta(minutes=10))
    work_once(postman)

    assert record(message).state == State.UNCONFIRMED
    assert events(message)[-1] == Event.UNCONFIRMED


def test_a_late_acceptance_ends_what_waits_to_go_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    message, postman, other = accept(), Postman(), Postman()

    def have_it_repeated(_: Parcel) -> None:
        later(monkeypatch, claims.LEASE + timedelta(seconds=1))
        with db.session() as session:
            vanished.recover(session)
        later(monkeypatch, SOON)
        work_once(other)
        assert events(message)[-1] == Event.REPEATED

    postman.while_sending = have_it_repeated
    work_once(postman)

    assert record(message).state == State.SENT
    assert not work_once(other)
    assert other.parcels == []


def repeat(postman: Postman, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lose the answer, and find nothing out; then it is about to go again."""
    postman.found = Unknown(reason="Nobody knows.", final=True)
    work_once(postman)
    later(monkeypatch, SOON)
    work_once(postman)


def test_a_copy_that_turns_up_before_it_goes_again_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    message, postman = accept(), Postman(Unsure("The answer was lost."))
    repeat(postman, monkeypatch)
    postman.found = Accepted(answer=Answer(), note="It was found.")

    work_once(postman)

    assert (record(message).state, record(message).reason) == (
        State.SENT,
        "It was found.",
    )
    assert len(postman.parcels) == 1


@pytest.mark.parametrize("found", [Deferred(), NotSent(), Unknown(reason="Nothing.")])
def test_what_nobody_finds_then_goes_again(
    monkeypatch: pytest.MonkeyPatch, found: Deferred | NotSent | Unknown
) -> None:
    message = accept()
    postman = Postman(Unsure("The answer was lost."), Accepted(answer=Answer()))
    repeat(postman, monkeypatch)
    postman.found = found

    work_once(postman)

    assert record(message).state == State.SENT
    assert len(postman.parcels) == 2
