"""What the worker makes of each outcome."""

import threading
from datetime import timedelta
from uuid import UUID

import pytest

from portal import clock, db
from portal.accept import Caller
from portal.delivery.transport import Accepted, Parcel
from portal.errors import (
    Answer,
    Deferred,
    Rejected,
    Scope,
    Withheld,
)
from portal.intake import desk
from portal.mail import journal, lanes
from portal.mail.journal import Event
from portal.mail.message import Attachment, Message
from portal.mail.outbox import State
from tests import stored
from tests.conftest import Passing
from tests.delivery.steps import events, later, record, work_once
from tests.journeys.running import eventually
from tests.mail import backlog
from tests.postman import TAKEN, Postman
from tests.workspace import grants


def test_an_accepted_message_is_sent_once(message: UUID) -> None:
    postman = Postman()

    assert work_once(postman)
    assert not work_once(postman)

    assert len(postman.parcels) == 1
    assert record(message).state == State.SENT
    assert events(message) == [Event.ACCEPTED, Event.SENDING, Event.SENT]


def test_a_parcel_holds_what_was_accepted(open_lane: UUID) -> None:
    files = [Attachment(b"x" * 600_000, name="a.bin"), Attachment(b"", name="b.txt")]
    brought = Message(to="j@example.com", bcc="b@example.com", attachments=files)
    desk.take(brought, Caller(name="test"))
    read: list[bytes] = []
    postman = Postman()

    def look(parcel: Parcel) -> None:
        read.extend(b"".join(parcel.part(number)) for number in (1, 2))

    postman.while_sending = look
    work_once(postman)

    assert read == [b"x" * 600_000, b""]
    assert postman.parcels[0].sizes == (600_000, 0)
    assert postman.parcels[0].bcc == ("b@example.com",)


def test_a_message_leaves_from_the_address_of_today(message: UUID) -> None:
    postman = Postman()
    grants.send_as("noreply@contoso.example")

    work_once(postman)

    assert postman.parcels[0].sender == "noreply@contoso.example"
    assert b"From: noreply@contoso.example" in postman.parcels[0].skeleton


def test_a_deferred_message_waits_as_long_as_it_was_told(
    message: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    postman = Postman(Deferred(after=timedelta(seconds=60)), TAKEN)
    assert work_once(postman)
    assert not work_once(postman)

    later(monkeypatch, timedelta(seconds=59))
    assert not work_once(postman)
    later(monkeypatch, timedelta(seconds=2))
    assert work_once(postman)

    assert record(message).state == State.SENT
    assert record(message).attempts == 2


def test_a_throttled_mailbox_pauses_for_all_its_messages(
    message: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait = timedelta(seconds=30)
    postman = Postman(Deferred(scope=Scope.MAILBOX, after=wait), TAKEN)
    work_once(postman)
    desk.take(Message(to="k@example.com", text="Next"), Caller(name="test"))

    assert not work_once(postman)
    later(monkeypatch, timedelta(seconds=31))
    assert work_once(postman)

    assert len(postman.parcels) == 3


def test_told_to_come_back_at_once_it_waits_all_the_same(
    message: UUID, passes: Passing
) -> None:
    passes()
    postman = Postman(Deferred(scope=Scope.MAILBOX, after=timedelta()))

    work_once(postman)

    again = record(message).next_attempt_at
    assert again
    assert again > clock.now()
    assert record(message).attempts == 1
    with db.reading() as session:
        assert journal.story(session, message)[-1].again_at == again


def test_a_rejected_message_fails_and_says_why(message: UUID) -> None:
    said = Answer(status=400, code="ErrorInvalidRecipients")

    work_once(Postman(Rejected("Nobody lives there.", answer=said)))

    assert record(message).state == State.FAILED
    assert record(message).reason == "Nobody lives there."
    assert events(message)[-1] == Event.FAILED


def test_a_withheld_message_is_held_alone(message: UUID) -> None:
    postman = Postman(Withheld("Too large."), TAKEN)
    work_once(postman)
    desk.take(Message(to="k@example.com", text="Next"), Caller(name="test"))

    assert work_once(postman)

    assert record(message).state == State.HELD
    assert len(postman.parcels) == 2


def test_a_withheld_account_holds_all_its_messages_in_one_row(message: UUID) -> None:
    postman = Postman(Withheld("No Send As.", scope=Scope.ACCOUNT))
    work_once(postman)
    receipt = desk.take(Message(to="k@example.com", text="Next"), Caller(name="test"))

    assert not work_once(postman)

    for waiting in (message, UUID(receipt.id)):
        assert record(waiting).state == State.HELD
        assert record(waiting).reason == "No Send As."


def test_a_probe_that_passes_releases_the_account(
    message: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    postman = Postman(Withheld("No Send As.", scope=Scope.ACCOUNT), TAKEN)
    work_once(postman)
    desk.take(Message(to="k@example.com", text="Next"), Caller(name="test"))

    later(monkeypatch, lanes.PROBE_SOON)
    assert work_once(postman)
    assert len(postman.parcels) == 2
    assert work_once(postman)

    assert record(message).state == State.SENT
    assert len(postman.parcels) == 3


def test_a_probe_that_is_put_off_goes_again_when_it_may(
    message: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = Withheld("No Send As.", scope=Scope.ACCOUNT)
    late = Deferred(after=timedelta(seconds=40))
    postman = Postman(refused, *[late] * 9, refused, TAKEN)
    work_once(postman)
    later(monkeypatch, lanes.PROBE_SOON)

    for _ in range(10):
        assert work_once(postman)
        later(monkeypatch, timedelta(minutes=1))
    # However often it was put off, it is the first that was refused.
    later(monkeypatch, lanes.PROBE_SOON)
    work_once(postman)

    assert record(message).state == State.SENT


def test_what_was_on_its_way_as_its_account_was_held_is_no_probe(
    message: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.take(Message(to="k@example.com", text="Next"), Caller(name="test"))
    refused = Withheld("No Send As.", scope=Scope.ACCOUNT)
    late = Deferred(after=timedelta(seconds=1))
    postman = Postman(refused, late, TAKEN)
    work_once(postman)
    assert len(postman.parcels) == 2

    later(monkeypatch, timedelta(minutes=5))

    assert not work_once(postman)


def test_a_held_account_tries_nothing_before_it_may(
    message: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = Withheld("Full for today.", scope=Scope.ACCOUNT, after=timedelta(hours=5))
    postman = Postman(limit, limit, TAKEN)
    work_once(postman)

    for _ in range(2):
        later(monkeypatch, timedelta(hours=4))
        assert not work_once(postman)
        later(monkeypatch, timedelta(hours=1))
        assert work_once(postman)

    assert record(message).state == State.SENT


def test_mail_that_names_another_from_is_held(
    open_lane: UUID,
) -> None:
    brought = Message(sender="reports@contoso.example", to="j@example.com", text="x")
    receipt = desk.take(brought, Caller(name="test"))
    grants.send_as("other@contoso.example")

    work_once(Postman())

    assert record(UUID(receipt.id)).state == State.HELD


def test_what_a_full_disk_keeps_from_being_settled_is_settled_later(
    message: UUID, caplog: pytest.LogCaptureFixture
) -> None:
    long = Accepted(answer=Answer(status=202), note="x" * 50_000)
    postman = Postman(long)
    postman.while_sending = lambda _: stored.fill()
    worker = threading.Thread(target=work_once, args=(postman,))

    worker.start()
    eventually(lambda: "cannot be settled yet" in caplog.text)
    assert record(message).state == State.SENDING
    stored.make_room()
    worker.join()

    assert record(message).state == State.SENT
    assert len(postman.parcels) == 1


@pytest.mark.parametrize("answer", [TAKEN, Rejected("No."), Withheld("Not now.")])
def test_how_it_ended_is_written_without_asking_for_its_account(
    message: UUID, answer: Accepted | Exception
) -> None:
    postman = Postman(answer)
    begun: list[int] = []
    with backlog.spoken() as said:
        postman.while_sending = lambda _: begun.append(len(said))
        work_once(postman)

    settled = [statement for statement, _ in said[begun[0] :]]
    assert settled
    assert [each for each in settled if "FROM account" in each] == []
