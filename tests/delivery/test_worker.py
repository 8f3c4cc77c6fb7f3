"""What the worker makes of each outcome, and of its own death."""

import threading
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import create_engine, make_url, text

from portal import clock, db, vault
from portal.accept import Caller
from portal.config import Config
from portal.delivery.transport import Accepted, NotSent, Parcel, Transport, Unknown
from portal.delivery.worker import Worker
from portal.errors import (
    Answer,
    Deferred,
    DeliveryError,
    Rejected,
    Scope,
    Unsure,
    Withheld,
)
from portal.intake import desk
from portal.mail import claims, content, journal, lanes, outbox, records
from portal.mail.journal import Event
from portal.mail.message import Attachment, Message
from portal.mail.outbox import State
from portal.mail.records import Record
from portal.workspace import accounts
from tests.journeys.running import eventually
from tests.postman import TAKEN, Postman
from tests.workspace import grants


def work_once(transport: Transport) -> bool:
    return Worker({"graph": transport}).work_once()


def record(message: UUID) -> Record:
    with db.reading() as session:
        return records.find(session, message)


def events(message: UUID) -> list[Event]:
    with db.reading() as session:
        return [line.event for line in journal.story(session, message)]


def later(monkeypatch: pytest.MonkeyPatch, wait: timedelta) -> None:
    moment = clock.now() + wait
    monkeypatch.setattr(clock, "now", lambda: moment)


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
    with db.session() as session:
        account_id = record(message).account_id
        accounts.set_sender(session, account_id, "noreply@contoso.example")

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


def test_told_to_come_back_at_once_it_waits_all_the_same(message: UUID) -> None:
    postman = Postman(Deferred(scope=Scope.MAILBOX, after=timedelta()))

    work_once(postman)

    again = record(message).next_attempt_at
    assert again
    assert again > clock.now() - timedelta(seconds=1)
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


def test_an_unsure_message_is_never_simply_sent_again(
    message: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    postman = Postman(Unsure("The answer was lost."))
    work_once(postman)
    assert record(message).state == State.SENDING

    later(monkeypatch, timedelta(hours=1))
    work_once(postman)

    assert record(message).state == State.UNCONFIRMED
    assert len(postman.parcels) == 1
    assert len(postman.looks) == 1
    later(monkeypatch, timedelta(days=1))
    assert not work_once(postman)


def test_a_look_up_follows_its_schedule(
    message: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    postman = Postman(Unsure(), found=Unknown(reason="Not found yet."))
    work_once(postman)

    for wait in outbox.LOOKS:
        later(monkeypatch, wait - timedelta(seconds=1))
        assert not work_once(postman)
        later(monkeypatch, timedelta(seconds=1))
        assert work_once(postman)

    assert record(message).state == State.UNCONFIRMED
    assert len(postman.looks) == len(outbox.LOOKS)


@pytest.mark.parametrize("failure", [Deferred(after=timedelta()), ZeroDivisionError()])
def test_a_look_up_that_fails_leaves_the_doubt(
    message: UUID, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    postman = Postman(Unsure(), found=failure)
    work_once(postman)

    for wait in outbox.LOOKS:
        later(monkeypatch, wait)
        work_once(postman)

    assert len(postman.parcels) == 1
    assert record(message).state == State.UNCONFIRMED


@pytest.mark.parametrize(
    ("found", "state"),
    [(Accepted(answer=Answer()), State.SENT), (NotSent(), State.QUEUED)],
)
def test_what_a_look_up_finds_settles_the_doubt(
    message: UUID,
    monkeypatch: pytest.MonkeyPatch,
    found: Accepted | NotSent,
    state: State,
) -> None:
    postman = Postman(Unsure(), found=found)
    work_once(postman)
    later(monkeypatch, outbox.LOOKS[0])

    work_once(postman)

    assert record(message).state == state
    assert len(postman.parcels) == 1


def test_what_a_vanished_worker_left_is_looked_up(
    message: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.session() as session:
        assert claims.take(session, "a worker that dies now", 1)
    postman = Postman()

    later(monkeypatch, claims.LEASE + timedelta(seconds=1))
    work_once(postman)
    later(monkeypatch, outbox.LOOKS[0])
    work_once(postman)

    assert postman.parcels == []
    assert record(message).state == State.UNCONFIRMED


def test_a_dead_neighbour_is_not_waited_for(
    message: UUID, settings: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.session() as session:
        assert claims.take(session, "killed", 1)
    folder = settings.instance / "workers"
    folder.mkdir()
    (folder / "killed").touch()  # the lock went with its process

    assert not work_once(Postman())

    assert events(message)[-1] == Event.DOUBTED
    later(monkeypatch, outbox.LOOKS[0])
    work_once(Postman())
    assert record(message).state == State.UNCONFIRMED


def test_a_slow_worker_gives_up_before_the_first_byte(
    message: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    postman = Postman()
    worker = Worker({"graph": postman})
    taken = worker._take(1)

    later(monkeypatch, claims.LEASE - timedelta(seconds=60))
    worker._deliver(taken[0])

    assert postman.parcels == []
    assert record(message).state == State.QUEUED


def losing_its_claim(postman: Postman, monkeypatch: pytest.MonkeyPatch) -> Postman:
    """Let the lease end, and another worker notice, while the postman is away."""

    def take_away(_: Parcel) -> None:
        later(monkeypatch, claims.LEASE + timedelta(seconds=1))
        with db.session() as session:
            claims.recover(session)

    postman.while_sending = take_away
    return postman


@pytest.mark.parametrize("late", [Deferred(), Rejected(), Withheld(), Unsure()])
def test_a_lost_claim_decides_nothing(
    message: UUID, monkeypatch: pytest.MonkeyPatch, late: DeliveryError
) -> None:
    work_once(losing_its_claim(Postman(late), monkeypatch))

    assert record(message).state == State.SENDING
    assert events(message)[-1] == Event.DOUBTED


def test_a_late_acceptance_ends_the_doubt(
    message: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    work_once(losing_its_claim(Postman(), monkeypatch))

    assert record(message).state == State.SENT
    assert events(message)[-2:] == [Event.DOUBTED, Event.SENT]
    later(monkeypatch, timedelta(days=1))
    assert not work_once(Postman())


def test_a_late_acceptance_ends_what_was_left_unconfirmed(
    message: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    postman = losing_its_claim(Postman(), monkeypatch)
    take_away = postman.while_sending

    def give_up_too(parcel: Parcel) -> None:
        take_away(parcel)
        later(monkeypatch, outbox.LOOKS[0])
        work_once(Postman())
        assert record(message).state == State.UNCONFIRMED

    postman.while_sending = give_up_too
    work_once(postman)

    assert record(message).state == State.SENT


def test_a_fault_of_ours_after_sending_began_is_a_doubt(message: UUID) -> None:
    work_once(Postman(ZeroDivisionError()))

    assert record(message).state == State.SENDING
    assert events(message)[-1] == Event.DOUBTED


def test_a_fault_of_ours_before_sending_sets_the_message_aside(
    message: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        assert Worker({}).work_once()
        later(monkeypatch, timedelta(hours=1))

    assert record(message).state == State.HELD
    assert not Worker({}).work_once()


def test_what_was_only_deferred_counts_as_no_fault(
    message: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        work_once(Postman(Deferred(after=timedelta(seconds=1))))
        later(monkeypatch, timedelta(minutes=1))

    Worker({}).work_once()

    assert record(message).state == State.QUEUED


def test_a_known_outcome_is_written_when_the_database_is_back(
    postgres_house: Config, caplog: pytest.LogCaptureFixture
) -> None:
    with db.session() as session:
        account = accounts.find(session)
        accounts.set_sender(session, account.id, "reports@contoso.example")
        lanes.route(session, account.id, "tid/oid", 4)
    brought = Message(to="j@example.com", text="x")
    message = UUID(desk.take(brought, Caller(name="test")).id)
    postman = Postman()
    worker = Worker({"graph": postman})
    door = Door(postgres_house.database_url)
    postman.while_sending = lambda _: door.shut()
    watching = threading.Thread(target=door.open_when, args=(caplog, worker))
    watching.start()

    worker.work_once()

    watching.join()
    assert "cannot be settled yet" in caplog.text
    assert record(message).state == State.SENT


class Door:
    """Shuts a database, and opens it again when somebody has knocked in vain."""

    def __init__(self, url: str) -> None:
        self.name = make_url(url).database
        elsewhere = make_url(url).set(database="postgres")
        self.engine = create_engine(elsewhere, isolation_level="AUTOCOMMIT")

    def shut(self) -> None:
        ending = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE"
        self._order(f"ALTER DATABASE {self.name} ALLOW_CONNECTIONS false")
        self._order(f"{ending} datname = '{self.name}'")

    def open_when(self, caplog: pytest.LogCaptureFixture, worker: Worker) -> None:
        eventually(lambda: "cannot be settled yet" in caplog.text)
        self._order(f"ALTER DATABASE {self.name} ALLOW_CONNECTIONS true")
        worker._count(0)  # wakes who rests
        self.engine.dispose()

    def _order(self, statement: str) -> None:
        with self.engine.connect() as connection:
            connection.execute(text(statement))


def test_a_late_failure_of_an_old_connection_holds_nothing(message: UUID) -> None:
    postman = Postman(Withheld("Sign in again.", scope=Scope.ACCOUNT))
    grants.keep()

    def connect_anew(_: Parcel) -> None:
        grants.keep()

    postman.while_sending = connect_anew
    work_once(postman)

    assert record(message).state == State.QUEUED


def test_erased_content_fails_the_message(message: UUID) -> None:
    with db.session() as session:
        session.get_one(content.ContentRow, message).sealed_key = None

    work_once(Postman())

    assert record(message).state == State.FAILED


def test_mail_that_names_another_from_is_held(
    open_lane: UUID,
) -> None:
    brought = Message(sender="reports@contoso.example", to="j@example.com", text="x")
    receipt = desk.take(brought, Caller(name="test"))
    with db.session() as session:
        accounts.set_sender(session, open_lane, "other@contoso.example")

    work_once(Postman())

    assert record(UUID(receipt.id)).state == State.HELD


def test_without_its_key_the_worker_claims_nothing(message: UUID) -> None:
    postman = Postman()
    worker = Worker({"graph": postman})
    vault.lock()

    worker.stop()
    worker.run()

    assert record(message).state == State.QUEUED
    assert postman.parcels == []


def test_a_stopped_worker_finishes_what_it_has_begun(message: UUID) -> None:
    postman = Postman()
    worker = Worker({"graph": postman})
    postman.while_sending = lambda _: worker.stop()

    worker.run()

    assert record(message).state == State.SENT
