"""A test mail: a message like any other, sent at once, and what became of it."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from portal import clock, db
from portal.accept import Caller
from portal.errors import Answer, NotFound
from portal.explanations import Told, tell
from portal.intake import desk
from portal.mail import journal, lanes
from portal.mail.journal import Event, Line
from portal.mail.message import Message
from portal.mail.outbox import FINAL, State, decisions, records
from portal.mail.outbox.records import Record
from portal.workspace import accounts, connections, verification
from portal.workspace.accounts import places
from portal.workspace.verification import Name, Outcome, Step, Verification

TAG = "test"
LIFE = timedelta(minutes=10)  # nobody waits longer for a verdict
SECOND = timedelta(seconds=1)
TELLING = frozenset(
    {
        Event.SENT,
        Event.ARRIVED,
        Event.DEFERRED,
        Event.HELD,
        Event.RESUMED,
        Event.CANCELLED,
        Event.FAILED,
        Event.UNCONFIRMED,
        Event.EXPIRED,
    }
)


ONLY_RECIPIENT = "Whether it reached the inbox, only the recipient knows."
ON_ITS_WAY = "It is stored and its turn comes in a moment."
REFUSED = "It was not sent."
PERHAPS = "It may have been sent."
FORGOTTEN = "It is too long ago: its record was erased."


class Kind(StrEnum):
    """What became of it, in one word."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"  # for now, or for good
    UNCONFIRMED = "unconfirmed"  # its answer was lost: it may have been sent


ENDED = {State.SENT: Kind.SENT, State.UNCONFIRMED: Kind.UNCONFIRMED}
# What is said of one whose end says nothing itself.
MEANT = {
    Kind.WAITING: (Outcome.WAITING, ON_ITS_WAY),
    Kind.FAILED: (Outcome.FAILED, REFUSED),
    Kind.UNCONFIRMED: (Outcome.UNCONFIRMED, PERHAPS),
}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of a test mail, and why."""

    id: UUID  # of the message
    kind: Kind
    state: State  # as it is shown anywhere else
    to: str
    reason: str
    cause: str  # the name of its explanation
    command: str  # what an administrator types to end it; "" if there is nothing
    settings: str  # where its account is put right
    sender: str
    username: str  # whose sign-in it was sent with
    internet_message_id: str
    took: str
    answer: Answer

    @property
    def told(self) -> Told:
        """Explain why it is not sent."""
        return tell(self.reason, self.cause, self.command).at(self.settings)

    @property
    def status(self) -> str:
        return str(self.answer.status or "")

    @property
    def code(self) -> str:
        return self.answer.code

    @property
    def text(self) -> str:
        return self.answer.text

    @property
    def request_id(self) -> str:
        return self.answer.request_id


def send(to: str, subject: str, text: str, by: str, account: str | None = None) -> UUID:
    """Send a test mail at once, even if its account is held: it may be well again.

    Raises what `desk.take` raises.
    """
    message = Message(
        to=to,
        subject=subject,
        text=text,
        account=account,
        priority="high",
        expires_at=clock.now() + LIFE,
        tags=[TAG],
    )
    message_id = UUID(desk.take(message, Caller(name=by)).id)
    with db.session() as session:
        # Its account is locked before it, as by a claim.
        lanes.probe(session, records.find(session, message_id).account_id)
        decisions.hasten(session, message_id)
        # What another account can do is not what is asked.
        decisions.bind(session, message_id)
    return message_id


def follow(found: Verification, to: str, subject: str, text: str) -> Verification:
    """Send a test mail as the last step of a verification, and keep that it is on.

    Raises what `send` raises.
    """
    with db.reading() as session:
        account = accounts.by_id(session, found.account_id).name
    message_id = send(to, subject, text, found.by, account)
    waits = Step(name=Name.TEST_MAIL, outcome=Outcome.WAITING, said=ON_ITS_WAY)
    followed = found.with_test(waits, message_id)
    with db.session() as session:
        verification.keep(session, followed)
    return followed


def judged(session: db.Session, found: Verification) -> Verification:
    """Return a verification with what has become of its test mail by now."""
    if found.message_id is None:
        return found
    try:
        record = find(session, found.message_id)
    except NotFound:
        return found.with_test(verification.skipped(Name.TEST_MAIL, FORGOTTEN))
    return found.with_test(step(session, record), found.message_id)


def find(session: db.Session, message_id: UUID) -> Record:
    """Return a message that was sent as a test; raise NotFound for all others."""
    record = records.find(session, message_id)
    if TAG not in record.tags or record.key_id is not None:
        raise NotFound("There is no such test mail.")
    return record


def judge(session: db.Session, record: Record) -> Verdict:
    """Judge by the state and the last attempt."""
    last = last_word(session, record)
    account = accounts.by_id(session, record.account_id)
    connection = connections.find(session, account.id)
    hold = lanes.holding(session, account.id)
    held = hold if hold and hold.since and record.state == State.HELD else None
    return Verdict(
        id=record.id,
        kind=_kind(record, last),
        state=record.state,
        to=", ".join(record.to),
        reason=held.reason if held else record.reason,
        cause=(held.cause if held else "") or record.cause,
        command=held.command if held else "",
        settings=places.repair(session, account),
        sender=account.sender or "",
        username=connection.called if connection else "",
        internet_message_id=record.internet_message_id,
        took=f"{last.took / SECOND:.2f} s" if last and last.took else "",
        answer=last.answer if last and last.answer else Answer(),
    )


def step(session: db.Session, record: Record) -> Step:
    """Tell of a test mail as the last step of a verification."""
    verdict = judge(session, record)
    if verdict.kind == Kind.SENT:
        said = f"Sent from {verdict.sender} to {verdict.to}."
        return verification.well(Name.TEST_MAIL, said, hint=ONLY_RECIPIENT)
    outcome, said = MEANT[verdict.kind]
    return Step(
        name=Name.TEST_MAIL,
        outcome=outcome,
        said=verdict.reason or said,
        cause="" if verdict.kind == Kind.WAITING else verdict.cause,
        command=verdict.command,
        answer=verdict.answer,
    )


def last_word(session: db.Session, record: Record) -> Line | None:
    """Return what the mail log says of its end so far."""
    story = journal.story(session, record.id)
    return next((line for line in reversed(story) if line.event in TELLING), None)


def _kind(record: Record, last: Line | None) -> Kind:
    """What is held has failed for now, unless it has yet to be tried itself."""
    if record.state in ENDED:
        return ENDED[record.state]
    tried = last is not None and last.event == Event.HELD
    held = record.state == State.HELD and tried
    return Kind.FAILED if held or record.state in FINAL else Kind.WAITING
