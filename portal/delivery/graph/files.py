"""The files of a message that go into its draft one after the other.

What has come is written down, range by range; but an answer may have been lost, or its
worker gone before it could write. So whoever goes on counts what the draft has got, and
before it is sent it is counted once more. Nothing else of a file can be relied on: its
name, its id and its size are Microsoft's, and what the MIME message brought is listed
with them. They come in the order of their numbers, so a count tells which.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from portal import clock
from portal.delivery.transport import Parcel, Progress
from portal.errors import Deferred, Rejected
from portal.explanations.own import UPLOAD_ENDED
from portal.mail.transfers import Transfer
from portal.microsoft import attachments, graph
from portal.microsoft.attachments import RANGE, File, SessionGone

SESSIONS = 2  # of one file in one attempt


class Spoiled(Deferred):
    """The draft did not get its files as they were sent; a new one is made."""


@dataclass
class Files:
    """Files on their way into a draft."""

    at: str  # the mailbox
    parcel: Parcel
    progress: Progress
    files: Mapping[int, File]  # by number
    content: Callable[[int], Iterable[bytes]] = field(repr=False)  # as it was
    come: dict[int, Transfer] = field(init=False)  # how far each has, by number
    inside: int | None = field(init=False)  # files that the draft brought itself

    def __post_init__(self) -> None:
        known = {each.part: each for each in self.parcel.transfers}
        self.come = {
            part: known.get(part, Transfer(part=part, size=file.size))
            for part, file in self.files.items()
        }
        self.inside = next((each.inside for each in known.values()), None)

    def plan(self) -> None:
        """Say what goes beside a draft that is still to be made."""
        self.come = {
            part: Transfer(part=part, size=each.size)
            for part, each in self.files.items()
        }
        self.inside = None
        if self.files or self.parcel.transfers:
            self.progress.plan({part: each.size for part, each in self.files.items()})

    def load(self, access: str, draft_id: str) -> None:
        """Bring in whatever is missing, and see that all of it is there.

        Raises one of the four, never Unsure, or TokenRefused; Spoiled if the draft is
        not what it should be.
        """
        if not self.files:
            return
        if self.inside is None:
            self._enclose(access, draft_id)
        else:
            self._look(access, draft_id)
        for part, file in self.files.items():
            if not self.come[part].done:
                self._bring(access, draft_id, part, file)
        if self._arrived(access, draft_id) not in (None, len(self.files)):
            raise Spoiled

    def _enclose(self, access: str, draft_id: str) -> None:
        """Count what the draft brought itself, before the first file is sent."""
        self.progress.charge()
        self.inside = attachments.count(self.at, access, draft_id)
        if self.inside is not None:
            self.progress.enclose(self.inside)

    def _bring(self, access: str, draft_id: str, part: int, file: File) -> None:
        if file.size >= attachments.SINGLE_BELOW:
            try:
                return self._upload(access, draft_id, part, file)
            except Rejected as error:
                if error.answer.code != attachments.TOO_SMALL:
                    raise
        self.progress.upload(graph.base64_size(file.size))
        attachments.attach(self.at, access, draft_id, file, self.content(part))
        return self._advance(part, file.size)

    def _upload(self, access: str, draft_id: str, part: int, file: File) -> None:
        for _ in range(SESSIONS):
            try:
                return self._send(self._session(access, draft_id, part, file))
            except SessionGone:
                # All may have come, though nobody said so.
                self._look(access, draft_id)
                if self.come[part].done:
                    return None
                self.come[part] = Transfer(part=part, size=file.size)
        raise UPLOAD_ENDED.error()

    def _session(self, access: str, draft_id: str, part: int, file: File) -> Transfer:
        """Go on with the session that there is, else open one."""
        come = self.come[part]
        if come.url and not (come.expires_at and come.expires_at <= clock.now()):
            self.progress.charge()
            start = attachments.where(come.url, file.size)
            come = come if start is None else replace(come, received=start)
        else:
            self.progress.charge()
            opened = attachments.open_session(self.at, access, draft_id, file)
            come = Transfer(
                part=part,
                size=file.size,
                url=opened.url,
                expires_at=opened.expires_at,
            )
        self.come[part] = come
        self.progress.go_on(come)
        return come

    def _send(self, come: Transfer) -> None:
        source = Source(lambda: self.content(come.part))
        start = come.received
        while start < come.size:
            length = min(RANGE, come.size - start)
            self.progress.upload(length)
            piece = source.range(start, length)
            start = attachments.put(come.url, start, come.size, piece)
            self._advance(come.part, start)

    def _advance(self, part: int, received: int) -> None:
        self.come[part] = replace(self.come[part], received=received)
        self.progress.advance(part, received)

    def _look(self, access: str, draft_id: str) -> None:
        """Find out which files the draft has got: the first ones, so many."""
        arrived = self._arrived(access, draft_id)
        if arrived is None:
            return
        known = sum(each.done for each in self.come.values())
        if not known <= arrived <= len(self.files):
            raise Spoiled
        for part in list(self.files)[known:arrived]:
            self._advance(part, self.files[part].size)

    def _arrived(self, access: str, draft_id: str) -> int | None:
        """Count the files that have come; None if nobody can tell."""
        if self.inside is None:
            return None
        self.progress.charge()
        there = attachments.count(self.at, access, draft_id)
        return None if there is None else there - self.inside


@dataclass
class Source:
    """A content that is read range by range, and only once if they follow in order."""

    content: Callable[[], Iterable[bytes]]

    def __post_init__(self) -> None:
        self._begin()

    def range(self, start: int, length: int) -> Iterator[bytes]:
        """Yield so many bytes from there on, in pieces."""
        if start < self._at:
            # Sent once more, or asked for anew.
            self._begin()
        for _ in self._pieces_of(start - self._at):
            pass
        yield from self._pieces_of(length)

    def _begin(self) -> None:
        self._pieces = iter(self.content())
        self._rest = memoryview(b"")
        self._at = 0

    def _pieces_of(self, length: int) -> Iterator[bytes]:
        while length and (self._rest or self._more()):
            piece = self._rest[:length]
            self._rest = self._rest[len(piece) :]
            self._at += len(piece)
            length -= len(piece)
            yield bytes(piece)

    def _more(self) -> bool:
        self._rest = memoryview(next(self._pieces, b""))
        return bool(self._rest)
