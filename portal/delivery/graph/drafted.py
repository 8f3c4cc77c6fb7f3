"""A message that becomes a draft, gets its files, and is sent."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from portal import clock
from portal.delivery.graph import namesakes, written
from portal.delivery.graph.files import Files, Spoiled
from portal.delivery.graph.written import REQUEST_BYTES, Written
from portal.delivery.transport import Accepted, Parcel, Progress
from portal.errors import (
    Answer,
    DatabaseAway,
    DeliveryError,
    Rejected,
    Unsure,
    Withheld,
)
from portal.explanations.graph import GONE
from portal.explanations.own import LOOKED_FOR
from portal.mail import mime
from portal.mail.message import address
from portal.microsoft import attachments, drafts, graph
from portal.microsoft.drafts import Found

FOUND = "It was found in the mailbox, sent."
# How long after it was asked for a draft is looked for before another is made: a new
# one is found by its Message-ID only after a while.
LOOKS = (timedelta(seconds=15), timedelta(seconds=60))


@dataclass
class Drafted:
    """A message that becomes a draft, which is sent; there is never a second one."""

    at: str  # the mailbox
    parcel: Parcel
    progress: Progress
    own: bool  # it is from the mailbox itself
    most: int = REQUEST_BYTES  # of its MIME, in a request
    kept: str = ""  # id of the draft, as soon as there is one
    message: Written | None = field(default=None, repr=False)
    files: Files = field(init=False, repr=False)

    def __call__(self, access: str) -> Accepted:
        """Send it, from wherever an earlier call or attempt left off."""
        self.kept = self.kept or self.parcel.draft_id
        self.progress.prepare(self.kept)
        known = self._known(access)
        if known and not known.draft:
            return Accepted(answer=Answer(), note=FOUND)
        if known is None and self.kept:
            # Somebody may have sent it; there is never a second one.
            raise GONE.error()
        try:
            note = self._prepare(access, known)
        except (Spoiled, Withheld) as error:
            if self.parcel.draft_begun:
                raise _in_doubt(error) from error
            spoiled = isinstance(error, Spoiled)
            if spoiled or error.answer.code == attachments.TOO_LARGE:
                self._discard(access)
            raise
        self.progress.begin()
        return Accepted(answer=self._send(access), note=note)

    def _prepare(self, access: str, known: Found | None) -> str:
        """Make the draft what is to be sent; return what to tell of it."""
        message = self.message = self.message or self._divided(known)
        present = known or self._create(access, message)
        self.kept = present.id
        self.progress.prepare(present.id)
        self.progress.charge()  # for sending it
        if not self.own or (known and _differs(known, self.parcel)):
            self.progress.charge()
            sender = _sender(self.parcel)
            present = drafts.readdress(self.at, access, self.kept, *sender)
        self.files.load(access, self.kept)
        return _note(present, self.parcel)

    def _divided(self, known: Found | None) -> Written:
        """Divide the message; one that is a draft, as it was divided for that."""
        if known:
            message = written.divided(
                self.parcel, [each.part for each in self.parcel.transfers]
            )
        else:
            message = written.divide(self.parcel, self.most)
        self.files = Files(
            at=self.at,
            parcel=self.parcel,
            progress=self.progress,
            files=message.files,
            content=partial(written.content, self.parcel, message),
        )
        return message

    def _create(self, access: str, message: Written) -> Found:
        self._give_time()
        self.files.plan()
        whole = written.whole(self.parcel, message)
        self.progress.weigh(graph.base64_size(len(whole)))
        self.progress.create()
        try:
            return drafts.create(self.at, access, whole)
        except (DeliveryError, graph.TokenRefused) as error:
            if isinstance(error, DeliveryError) and graph.unanswered(error):
                self.progress.create()
            else:
                self.progress.forgo()
            raise

    def _give_time(self) -> None:
        """Wait for a draft that may be there and was not found; raises Deferred."""
        asked_at = self.parcel.unnamed_since
        if asked_at is None or namesakes.exist(self.parcel):
            return
        ago = abs(clock.now() - asked_at)  # the clock may have been set back
        if wait := next((each - ago for each in LOOKS if each > ago), None):
            raise LOOKED_FOR.error(after=min(wait, LOOKS[-1]))

    def _known(self, access: str) -> Found | None:
        """Find what is there already; raises what looking for it does."""
        known = drafts.find(self.at, access, self.kept) if self.kept else None
        if self.parcel.attempt == 1:
            return known
        found = drafts.search(self.at, access, self.parcel.internet_message_id)
        # What cannot be told from another message of ours is left alone; that one may
        # have come while it was searched for.
        if namesakes.exist(self.parcel):
            return known
        found = fresh(found, self.parcel.accepted_at)
        # Where sending had not begun, a copy that was sent is somebody else's.
        sent = [each for each in found if not each.draft and self.parcel.draft_begun]
        # Of one that is known another draft may be left, which was not found in time.
        left = [each for each in found if each.draft and self.kept in ("", each.id)]
        return next(iter([*sent, *filter(None, [known]), *left]), None)

    def _send(self, access: str) -> Answer:
        try:
            return drafts.send(self.at, access, self.kept)
        except (Rejected, Withheld) as error:
            known = drafts.find(self.at, access, self.kept)
            if known is None or not known.draft:
                # An earlier attempt got through meanwhile, or somebody sent it.
                raise _in_doubt(error) from error
            if isinstance(error, Rejected):
                # It never will be sent: nobody wants to find it there.
                self._discard(access)
            raise

    def _discard(self, access: str) -> None:
        """Take back a draft that will not be sent; whoever retries begins anew."""
        if not self.kept:
            return
        try:
            drafts.discard(self.at, access, self.kept)
        except graph.TokenRefused:
            return
        except DeliveryError as error:
            # If it is there still, it is found by its Message-ID, and gone on from.
            if not graph.unanswered(error):
                return
        with suppress(DatabaseAway):
            self.progress.prepare()


def _in_doubt(error: DeliveryError) -> Unsure:
    """Return it as told of a draft that somebody may have sent before."""
    return Unsure(str(error), answer=error.answer).because(error.cause)


def fresh(found: list[Found], accepted_at: datetime) -> list[Found]:
    """Leave out what was there before a message was accepted: it is none of it."""
    since = accepted_at - graph.APART
    return [each for each in found if each.at is None or each.at >= since]


def _sender(parcel: Parcel) -> tuple[str, str]:
    sender = mime.outline(parcel.skeleton).sender
    return parcel.sender, sender.name if sender else ""


def _differs(known: Found, parcel: Parcel) -> bool:
    return bool(known.sender) and not address.same(known.sender, parcel.sender)


def _note(shown: Found, parcel: Parcel) -> str:
    """Say what recipients see if it is not what was asked for, such as an alias."""
    present, wanted = shown.sender, parcel.sender
    if _differs(shown, parcel):
        return f"Microsoft shows {present} as From instead of {wanted}."
    return ""
