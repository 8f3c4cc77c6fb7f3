"""Where a content is written while it comes, and taken back unless it is accepted.

What fits into a few chunks goes in with the message, in one transaction. Anything
longer is uploaded before, a few chunks a transaction; nobody sees it until the message
is there.
"""

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from types import TracebackType
from typing import Self
from uuid import UUID

from portal import accept, config, db
from portal.accept import Order, Receipt
from portal.errors import TooLarge
from portal.mail import content
from portal.mail.content import CHUNKS_PER_TRANSACTION, Chunk, Upload
from portal.workspace.people.limits import NONE, Limits

Also = Callable[[db.Session], None]
TOO_LARGE = "A message has at most {most:,} bytes."


class Writer:
    """Takes the parts of one message, in any order; what is not accepted is discarded.

    `dry`: everything is counted, and nothing stored. `limits` are those of a key; None:
    how large it may be was asked before.
    """

    def __init__(
        self,
        message_id: UUID | None = None,
        *,
        dry: bool = False,
        limits: Limits | None = NONE,
    ) -> None:
        self.message_id = message_id or db.new_id()
        self.dry = dry
        self.limits = limits
        self._sizes: dict[int, int] = {}
        self._digests: dict[int, str] = {}
        self._waiting: list[Chunk] = []
        self._upload: Upload | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._upload:
            with db.session() as session:
                content.discard(session, self.message_id)

    def write(self, part: int, pieces: Iterable[bytes]) -> None:
        """Write one part as it comes; raises TooLarge, NoRoom and what `pieces` do."""
        for chunk in content.chunks(part, self._counted(part, pieces)):
            if len(self._waiting) == CHUNKS_PER_TRANSACTION:
                self._store()
            if not self.dry:
                self._waiting.append(chunk)

    def size(self, part: int) -> int:
        return self._sizes[part]

    def digest(self, part: int) -> str:
        """Return the SHA-256 of a part."""
        return self._digests[part]

    def accept(self, order: Order, also: Also | None = None) -> Receipt:
        """Have the message accepted, whose content is complete.

        What is `also` done is done in the same transaction.
        """
        sizes = tuple(self._sizes[part] for part in range(len(self._sizes)))
        with db.session() as session:
            receipt = accept.accept(session, order, self._add(session), sizes)
            if also:
                also(session)
        self._upload = None
        return receipt

    def _counted(self, part: int, pieces: Iterable[bytes]) -> Iterator[bytes]:
        digest = sha256()
        self._sizes[part] = 0
        if self.limits:
            pieces = limited(pieces, self.limits, sum(self._sizes.values()))
        for piece in pieces:
            self._sizes[part] += len(piece)
            digest.update(piece)
            yield piece
        self._digests[part] = digest.hexdigest()

    def _store(self) -> None:
        accept.check_room()
        with db.session() as session:
            upload = self._add(session)
        self._upload = upload

    def _add(self, session: db.Session) -> Upload:
        """Add what waits to the upload, which begins with it."""
        if self._upload:
            content.touch(session, self._upload)
        upload = self._upload or content.begin(session, self.message_id)
        for chunk in self._waiting:
            content.add(session, upload, chunk)
        self._waiting = []
        return upload


def limited(
    pieces: Iterable[bytes], limits: Limits, already: int = 0
) -> Iterator[bytes]:
    """Yield no more than a message may have; raise TooLarge at the byte that crosses.

    So many bytes of it have come already; fewer than none: so many do not count.
    """
    most = config.current().max_message
    for piece in pieces:
        already += len(piece)
        if already > most:
            raise TooLarge(TOO_LARGE.format(most=most))
        limits.check_size(already)
        yield piece
