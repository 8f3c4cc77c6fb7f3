"""Which calls of Graph carry a message: one request, or a draft that is sent.

The own mailbox sends MIME. It is not sure that Graph minds the From of a MIME message,
so another address goes as a draft whose From is set and read back, where Mail.ReadWrite
is in use, else as Graph's JSON with `from`. What does not fit into one request becomes
a draft too, and its files follow one by one. Microsoft checks Send As either way.
"""

from collections.abc import Callable
from dataclasses import dataclass

from portal.delivery.graph.drafted import Drafted
from portal.delivery.graph.payload import payload_of, size_of
from portal.delivery.graph.written import (
    REQUEST_BYTES,
    divide,
    divided,
    file_size,
    size,
    whole,
)
from portal.delivery.transport import Accepted, Parcel, Progress
from portal.errors import Answer, Withheld
from portal.explanations.graph import TOO_BIG_FOR_ONE_REQUEST
from portal.explanations.own import UNREADABLE
from portal.mail import mime
from portal.microsoft import graph

TOO_MUCH = 413  # HTTP status

Road = Callable[[str], Accepted]  # takes an access token; called again, it goes on


def choose(
    at: str, parcel: Parcel, progress: Progress, *, own: bool, reads: bool
) -> Road:
    """Choose how a message leaves, and write it as it will; raises Withheld.

    `at` is the mailbox that it leaves from, and `own` tells whether From is its own.
    """
    if parcel.draft_begun and not reads:
        # It leaves as that draft or not at all.
        raise UNREADABLE.error()
    begun = reads and (parcel.draft_id or parcel.transfers)
    if own and not begun and size(parcel) <= REQUEST_BYTES:
        return Whole(at, parcel, progress, reads)
    if reads:
        return Drafted(at, parcel, progress, own)
    if own:
        divide(parcel)  # or it would not leave even so
        raise TOO_BIG_FOR_ONE_REQUEST.error()
    return _as_json(at, parcel, progress)


@dataclass
class Whole:
    """A message that leaves in one request; halved, if that is too much at once."""

    at: str  # the mailbox
    parcel: Parcel
    progress: Progress
    reads: bool
    instead: Drafted | None = None

    def __call__(self, access: str) -> Accepted:
        if self.instead:
            return self.instead(access)
        message = whole(self.parcel, divided(self.parcel, ()))
        self.progress.weigh(mime.base64_size(len(message)))
        _begin(self.parcel, self.progress)
        try:
            return Accepted(answer=graph.send_mime(self.at, access, message))
        except Withheld as error:
            if error.answer.status != TOO_MUCH or not self.reads:
                raise
            self.instead = self._halved(error)
        return self.instead(access)

    def _halved(self, error: Withheld) -> Drafted:
        """Send less at once: what exactly fits is not documented."""
        half = REQUEST_BYTES // 2
        try:
            divide(self.parcel, half)
        except Withheld:
            raise error from None
        return Drafted(self.at, self.parcel, self.progress, own=True, most=half)


def _as_json(at: str, parcel: Parcel, progress: Progress) -> Road:
    # What cannot fit is not built first.
    _check_fits(_least(parcel))
    payload, note = payload_of(parcel)
    weight = size_of(payload)
    _check_fits(weight)

    def travel(access: str) -> Accepted:
        progress.weigh(weight)
        _begin(parcel, progress)
        answer: Answer = graph.send_json(at, access, payload)
        return Accepted(answer=answer, note=note)

    return travel


def _begin(parcel: Parcel, progress: Progress) -> None:
    """Say that it is sent in one request, and by no draft that it became before.

    Unsent that draft would be found, and taken for a proof that nothing was sent.
    """
    if parcel.draft_id:
        progress.create()
        progress.prepare()
    progress.begin()


def _least(parcel: Parcel) -> int:
    """Return how many bytes its files take in JSON; some are kept in base64."""
    files = mime.outline(parcel.skeleton).attachments
    return sum(mime.base64_size(file_size(parcel, file)) for file in files)


def _check_fits(weight: int) -> None:
    if weight > REQUEST_BYTES:
        raise TOO_BIG_FOR_ONE_REQUEST.error()
