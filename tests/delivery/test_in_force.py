"""Every attempt's line names the settings that it was made with."""

from datetime import timedelta
from uuid import UUID

from portal import db
from portal.accept import Caller
from portal.delivery.transport import Transport
from portal.errors import Deferred, Scope, Unsure, Withheld
from portal.intake import desk
from portal.mail import journal, lanes
from portal.mail.journal import Event, Line, snapshots
from portal.mail.journal.snapshots import Snapshot
from portal.mail.message import Message
from portal.workspace import accounts, in_force
from tests import stored
from tests.conftest import Passing
from tests.delivery.steps import work_once
from tests.mail import backlog
from tests.postman import Postman
from tests.workspace import grants


def lines(*events: Event) -> list[Line]:
    with db.reading() as session:
        told = journal.latest(session, 100)
    return [line for _, line in told if line.event in events]


def named(line: Line) -> Snapshot:
    with db.reading() as session:
        found = snapshots.find(session, line.snapshot)
    assert found
    return found


def test_what_was_sent_names_its_settings(message: UUID) -> None:
    work_once(Postman())

    [sent] = lines(Event.SENT)
    assert named(sent).settings["sender"] == "reports@contoso.example"
    assert [line.snapshot for line in lines(Event.ACCEPTED, Event.SENDING)] == ["", ""]


def test_settings_that_change_are_seen_from_the_next_attempt_on(
    message: UUID, passes: Passing
) -> None:
    work_once(Postman(Deferred("Later.", after=timedelta(seconds=9))))
    passes(seconds=10)
    with db.session() as session:
        before = snapshots.name(settings(session))
    grants.send_as("noreply@contoso.example")
    work_once(Postman())

    assert [line.snapshot for line in lines(Event.DEFERRED)] == [before]
    [sent] = lines(Event.SENT)
    assert named(sent).settings["sender"] == "noreply@contoso.example"


def settings(session: db.Session) -> dict[str, str]:
    account = accounts.find(session)
    return in_force.settings(session, account, None)


def test_a_held_account_names_them_and_so_does_its_release(message: UUID) -> None:
    work_once(Postman(Withheld("The mailbox is full.", scope=Scope.ACCOUNT)))
    probe()
    work_once(Postman())

    told = lines(Event.ACCOUNT_HELD, Event.ACCOUNT_RELEASED)
    assert len(told) == 2
    assert all(named(line) for line in told)


def probe() -> None:
    """Let the held account try its message again, at once."""
    with db.session() as session:
        lanes.probe(session, backlog.account())


def test_what_is_looked_up_names_them_too(message: UUID) -> None:
    work_once(Postman(Unsure("The answer was lost.")))

    [doubted] = lines(Event.DOUBTED)
    assert named(doubted)


def test_many_attempts_write_their_settings_once(open_lane: UUID) -> None:
    transport: Transport = Postman()
    for _ in range(3):
        put()
    with backlog.spoken() as said:
        while work_once(transport):
            pass

    assert sum("INTO snapshot" in statement for statement, _ in said) == 1
    assert stored.rows("snapshot") == 1


def put() -> None:
    desk.take(Message(to="jane@example.com", text="Well."), Caller(name="test"))
