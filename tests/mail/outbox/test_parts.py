"""Parts: some recipients of a message wait for themselves, and share its content."""

from datetime import timedelta
from uuid import UUID

import pytest

from portal import clock, db
from portal.errors import NotFound
from portal.mail import content, retention
from portal.mail.content import Chunk
from portal.mail.journal import Event, Line
from portal.mail.outbox import Claim, ClaimLost, MessageRow, State, endings
from tests.mail import backlog

LATER = timedelta(minutes=5)
HIDDEN = "hidden@fabrikam.example"
CLEO = "cleo@fabrikam.example"


@pytest.fixture
def claim(account: UUID) -> Claim:
    """Claim a message to cleo@ and, unseen, to hidden@."""
    message = backlog.put(account)
    with db.session() as session:
        upload = content.begin(session, message)
        content.add(session, upload, Chunk(part=0, number=0, last=True, plain=b"Hello"))
        content.finish(session, upload, [5])
    [claim] = backlog.take()
    return claim


def divide(claim: Claim, *recipients: str) -> UUID:
    line = Line(event=Event.DEFERRED, reason="450 later", again_at=clock.now() + LATER)
    with db.session() as session:
        return endings.divide(session, claim, recipients, line)


def row(message: UUID) -> MessageRow:
    with db.reading() as session:
        found = session.get_one(MessageRow, message)
        session.expunge(found)
    return found


def read(message: UUID) -> bytes:
    with db.reading() as session:
        held = content.find(session, message)
        return content.read(session, held, 0, 0)[0]


def erase() -> None:
    """Erase what has ended, and clear what nobody can read."""
    with db.session() as session:
        retention.erase(session, clock.now() + LATER)
        while content.clear(session):
            pass


def test_each_recipient_belongs_to_one_message(claim: Claim) -> None:
    part = row(divide(claim, HIDDEN))

    rest = row(claim.message_id)
    assert claim.envelope == (CLEO, HIDDEN)
    assert (rest.to, rest.bcc, rest.recipients) == ([CLEO], [], 1)
    assert (part.to, part.bcc, part.recipients) == ([], [HIDDEN], 1)


def test_a_part_waits_and_its_first_message_goes_on(claim: Claim) -> None:
    part = row(divide(claim, HIDDEN))

    assert (part.state, part.claim, part.part_of) == (
        State.QUEUED,
        None,
        claim.message_id,
    )
    assert part.due_at is not None
    assert part.due_at > clock.now() + LATER / 2
    backlog.settle(claim)
    assert backlog.record(claim.message_id).state == State.SENT


def test_both_stories_tell_of_it(claim: Claim) -> None:
    part = divide(claim, HIDDEN)

    assert backlog.events(claim.message_id)[-1] == Event.PARTED
    assert backlog.events(part) == [Event.DEFERRED]


def test_a_part_is_read_after_its_first_message_was_erased(claim: Claim) -> None:
    part = divide(claim, HIDDEN)
    backlog.settle(claim)

    erase()

    assert read(part) == b"Hello"
    with pytest.raises(NotFound):
        read(claim.message_id)


def test_nothing_is_left_when_both_are_erased(claim: Claim) -> None:
    part = divide(claim, HIDDEN)
    backlog.settle(claim)
    with db.session() as session:
        session.get_one(MessageRow, part).finished_at = clock.now()

    erase()

    with db.reading() as session:
        assert session.query(content.ChunkRow).count() == 0
        assert session.query(content.ContentRow).count() == 0


def test_a_lost_claim_divides_nothing(claim: Claim) -> None:
    backlog.settle(claim)

    with pytest.raises(ClaimLost):
        divide(claim, HIDDEN)
