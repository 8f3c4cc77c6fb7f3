"""The files of a message that go into its draft one after the other.

What has come is written down, range by range. Whoever goes on later looks which files
the draft has got, and asks where an upload stands, so that nothing is sent twice: an
answer may have been lost, or its worker gone before it could write it down.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from portal import clock
from portal.delivery.transport import Parcel, Progress
from portal.errors import Deferred, Rejected
from portal.mail.transfers import Transfer
from portal.microsoft import attachments, graph
from portal.microsoft.attachments import RANGE, File, SessionGone

SESSIONS = 2  # of one file in one attempt
OVER = "Microsoft ended the upload of a file before it was complete."


@dataclass
class Files:
    """Files on their way; none has the name of one that the draft brought itself."""

    at: str  # the mailbox
    parcel: Parcel
    progress: Progress
    files: Mapping[int, File]  # by number
    content: Callable[[int], Iterable[bytes]] = field(repr=False)  # as it was
    come: dict[int, Transfer] = field(init=False)  # how far each has, by number

    def __post_init__(self) -> None:
        known = {each.part: each for each in self.parcel.transfers}
        self.come = {
            part: known.get(part, Transfer(part=part, size=file.size))
            for part, file in self.files.items()
        }

    def load(self, access: str, draft_id: str, *, fresh: bool) -> None:
        """Bring in whatever is missing; what is `fresh` has got none of them yet.

        Raises one of the four, never Unsure, or TokenRefused.
        """
        if fresh:
            self.come = {
                part: Transfer(part=part, size=each.size)
                for part, each in self.files.items()
            }
        if all(each.done for each in self.come.values()):
            return
        self.progress.plan({part: each.size for part, each in self.files.items()})
        if not fresh:
            self._look(access, draft_id)
        for part, file in self.files.items():
            if not self.come[part].done:
                self._bring(access, draft_id, part, file)

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
        raise Deferred(OVER)

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
        """Find out which files the draft has got.

        They are told apart by their names, for whatever else Microsoft shows of them is
        its own; of two of the same name the first came first.
        """
        self.progress.charge()
        there = Counter(attachments.names(self.at, access, draft_id))
        for part, file in self.files.items():
            there[file.name] -= 1
            if there[file.name] >= 0 and not self.come[part].done:
                self._advance(part, file.size)


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
