"""Which calls of Graph carry a message: one request, or a draft that is sent.

The own mailbox sends MIME. It is not sure that Graph minds the From of a MIME message,
so another address goes as a draft whose From is set and read back, where Mail.ReadWrite
is in use, else as Graph's JSON with `from`. Microsoft checks Send As either way.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from portal.delivery.payload import payload_of, size_of
from portal.delivery.transport import Accepted, Parcel, Progress
from portal.errors import Answer, DeliveryError, Rejected, Unsure, Withheld
from portal.mail import mime
from portal.mail.message import Address, address
from portal.microsoft import drafts, graph, problems
from portal.microsoft.drafts import Found
from portal.workspace.connections import Connection

# Graph refuses a request of more than 4 MB; whether MB or MiB is not documented.
REQUEST_BYTES = 4_000_000
TOO_LARGE = "It needs large file attachments (Mail.ReadWrite), which are not enabled."
TOO_LARGE_YET = "It is larger than 4 MB as it is sent, which cannot be sent yet."
UNREADABLE = "Its draft may have been sent, and the mailbox cannot be read any more."
CLOCKS = timedelta(minutes=5)  # that Microsoft's may differ from ours
FOUND = "It was found in the mailbox, sent."

Road = Callable[[str], Accepted]  # takes an access token; called again, it goes on


def choose(
    url: str, parcel: Parcel, progress: Progress, by: Connection, *, reads: bool
) -> Road:
    """Choose how a message leaves, and write it as it will; raises Withheld."""
    if parcel.draft_begun:
        # It leaves as that draft or not at all.
        if not reads:
            raise Unsure(UNREADABLE)
        return Drafted(url, parcel, progress, _whole_message(parcel, reads=True))
    if by.owns(parcel.sender):
        whole = _whole_message(parcel, reads=reads)
        return _once(progress, lambda access: graph.send_mime(url, access, whole))
    if reads:
        return Drafted(url, parcel, progress, _whole_message(parcel, reads=True))
    # What cannot fit is not built first.
    _check_fits(sum(map(mime.base64_size, parcel.sizes)))
    payload, note = payload_of(parcel)
    _check_fits(size_of(payload))
    return _once(
        progress, lambda access: graph.send_json(url, access, payload), note=note
    )


def _once(progress: Progress, send: Callable[[str], Answer], *, note: str = "") -> Road:
    def travel(access: str) -> Accepted:
        progress.begin()
        return Accepted(answer=send(access), note=note)

    return travel


@dataclass
class Drafted:
    """A message that becomes a draft, which is sent; there is never a second one."""

    url: str
    parcel: Parcel
    progress: Progress
    whole: bytes = field(repr=False)
    kept: str = ""  # id of the draft, as soon as there is one

    def __call__(self, access: str) -> Accepted:
        """Send it, from wherever an earlier call or attempt left off."""
        self.kept = self.kept or self.parcel.draft_id
        self.progress.prepare(self.kept)
        known = self._known(access)
        if known and not known.draft:
            return Accepted(answer=Answer(), note=FOUND)
        if known is None and self.kept:
            # Somebody may have sent it; there is never a second one.
            raise Unsure(problems.GONE.sentence)
        if known is None:
            known = drafts.create(self.url, access, self.whole)
        self.kept = known.id
        self.progress.prepare(known.id)
        self.progress.charge(2)  # its From, and sending it
        shown = drafts.readdress(self.url, access, self.kept, *_sender(self.parcel))
        self.progress.begin()
        answer = self._send(access)
        return Accepted(answer=answer, note=_note(shown, self.parcel))

    def _known(self, access: str) -> Found | None:
        """Find what is there already; raises what looking for it does."""
        known = drafts.find(self.url, access, self.kept) if self.kept else None
        # What cannot be told from another message of ours is left alone.
        if self.parcel.attempt == 1 or self.parcel.has_namesake:
            return known
        found = drafts.search(self.url, access, self.parcel.internet_message_id)
        found = fresh(found, self.parcel.accepted_at)
        # Where sending had not begun, a copy that was sent is somebody else's.
        sent = [each for each in found if not each.draft and self.parcel.draft_begun]
        left = [each for each in found if each.draft]
        return next(iter([*sent, *filter(None, [known]), *left]), None)

    def _send(self, access: str) -> Answer:
        try:
            return drafts.send(self.url, access, self.kept)
        except (Rejected, Withheld) as error:
            known = drafts.find(self.url, access, self.kept)
            if known is None or not known.draft:
                # An earlier attempt got through meanwhile, or somebody sent it.
                raise Unsure(str(error), answer=error.answer) from error
            if isinstance(error, Rejected):
                # It never will be sent: nobody wants to find it there.
                with suppress(DeliveryError, graph.TokenRefused):
                    drafts.discard(self.url, access, self.kept)
            raise


def fresh(found: list[Found], accepted_at: datetime) -> list[Found]:
    """Leave out what was there before a message was accepted: it is none of it."""
    since = accepted_at - CLOCKS
    return [each for each in found if each.at is None or each.at >= since]


def _sender(parcel: Parcel) -> tuple[str, str]:
    written = mime.outline(parcel.skeleton).sender
    return parcel.sender, written.name if written else ""


def _note(shown: Found, parcel: Parcel) -> str:
    """Say what recipients see if it is not what was asked for, such as an alias."""
    present, wanted = shown.sender, parcel.sender
    if not present or address.same(present, wanted):
        return ""
    return f"Microsoft shows {present} as From instead of {wanted}."


def _whole_message(parcel: Parcel, *, reads: bool) -> bytes:
    bcc = [Address(address=each) for each in parcel.bcc]
    size = mime.rendered_size(parcel.skeleton, parcel.sizes, bcc)
    _check_fits(mime.base64_size(size), TOO_LARGE_YET if reads else TOO_LARGE)
    return b"".join(mime.render(parcel.skeleton, parcel.part, bcc=bcc))


def _check_fits(size: int, why: str = TOO_LARGE) -> None:
    if size > REQUEST_BYTES:
        raise Withheld(why)
