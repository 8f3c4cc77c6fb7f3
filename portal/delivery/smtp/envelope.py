"""The envelope: whom the server takes a message for, whom not, and whom not yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from portal.delivery.smtp.letter import Letter
from portal.delivery.transport import Progress
from portal.errors import Deferred, Rejected, Scope
from portal.explanations.smtp import NOBODY, NOT_NOW
from portal.submission.client import Client, Reply
from portal.submission.replies import Step, decide, refusal

MOST_NAMED = 20  # recipients in one sentence
# RFC 3463: for one message; the others go with the next.
TOO_MANY = frozenset({"4.5.3", "5.5.3"})
LATER = "The SMTP server does not take mail for these recipients yet: {names}."
NEVER = "Not sent to {names}."
REFUSED = 500  # and more; what is less passes
RECIPIENT_SECONDS = 5  # as long as Exchange waits before it refuses one (tarpitting)
SAID = 100  # characters of the reply about one recipient


@dataclass
class Envelope:
    """What the server said of each recipient."""

    taken: list[str] = field(default_factory=list)
    refused: dict[str, Reply] = field(default_factory=dict)
    deferred: dict[str, Reply] = field(default_factory=dict)

    @property
    def note(self) -> str:
        """Name who does not get it; empty if everybody does."""
        return NEVER.format(names=_named(self.refused)) if self.refused else ""


def offer(client: Client, letter: Letter, progress: Progress) -> Envelope:
    """Name sender and recipients, and return who is taken, at least one.

    Whom the server does not take yet wait as a message of their own from here on.
    Raises OSError, or one of the four.
    """
    reply, envelope = _proposed(client, letter, letter.sender, progress)
    if letter.sender == "" and _hopeless(reply, envelope):
        # Some take nothing from nobody: better a mail that may be answered than none.
        client.ask("RSET")
        somebody = letter.parcel.return_path
        reply, envelope = _proposed(client, letter, somebody, progress)
    if not reply.well:
        raise refusal(reply, Step.SENDER, client)
    if not envelope.taken:
        raise _nobody(envelope)
    if envelope.deferred:
        progress.divide(list(envelope.deferred), _later(envelope))
    return envelope


def _proposed(
    client: Client, letter: Letter, sender: str, progress: Progress
) -> tuple[Reply, Envelope]:
    """Name a sender and, if that one is taken, the recipients."""
    envelope = Envelope()
    reply = client.ask("MAIL", " ".join([f"FROM:<{sender}>", *letter.options]))
    for recipient in letter.parcel.envelope if reply.well else ():
        progress.breathe()
        client.grant(RECIPIENT_SECONDS)
        _name(client, recipient, envelope)
    return reply, envelope


def _hopeless(reply: Reply, envelope: Envelope) -> bool:
    """Tell whether the sender was refused for good, or with it every recipient."""
    nobody = reply.well and not (envelope.taken or envelope.deferred)
    return nobody or reply.status >= REFUSED


def _name(client: Client, recipient: str, envelope: Envelope) -> None:
    """Name one recipient; raise what says something of all of them."""
    reply = client.ask("RCPT", f"TO:<{recipient}>")
    if reply.well:
        envelope.taken.append(recipient)
        return
    row = decide(reply, Step.RECIPIENT, client.provider)
    if row.scope != Scope.MESSAGE:
        raise refusal(reply, Step.RECIPIENT, client)
    deferred = row.kind is Deferred
    (envelope.deferred if deferred else envelope.refused)[recipient] = reply


def _nobody(envelope: Envelope) -> Deferred | Rejected:
    if envelope.deferred:
        return _later(envelope)
    [first, *_] = envelope.refused.values()
    reason = NOBODY.noted(envelope.note)
    return Rejected(reason, answer=first.answer).because(NOBODY.name)


def _later(envelope: Envelope) -> Deferred:
    replies = list(envelope.deferred.values())
    names = _named(envelope.deferred)
    at_once = all(reply.code in TOO_MANY for reply in replies) and envelope.taken
    return Deferred(
        LATER.format(names=names),
        answer=replies[0].answer,
        after=timedelta() if at_once else None,
    ).because(NOT_NOW.name)


def _named(replies: Mapping[str, Reply]) -> str:
    """Name recipients with what was said of each."""
    named = [
        f"{recipient} ({' '.join(f'{reply.status} {reply.text}'.split())[:SAID]})"
        for recipient, reply in list(replies.items())[:MOST_NAMED]
    ]
    more = len(replies) - len(named)
    return "; ".join([*named, *([f"{more} more"] if more else [])])
