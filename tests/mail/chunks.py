"""Contents written and read, piece by piece."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from portal import db
from portal.mail import content
from portal.mail.content import Chunk, ChunkRow


def write(*parts: Iterable[bytes]) -> UUID:
    """Upload as a door does; return the message's id."""
    message_id, sizes = begin(), [0] * len(parts)
    for part, pieces in enumerate(parts):
        for chunk in content.chunks(part, pieces):
            add(message_id, [chunk])
            sizes[part] += len(chunk.plain)
    finish(message_id, sizes)
    return message_id


UPLOADS: dict[UUID, content.Upload] = {}


def begin() -> UUID:
    message_id = db.new_id()
    with db.session() as session:
        UPLOADS[message_id] = content.begin(session, message_id)
    return message_id


def add(message_id: UUID, chunks: Sequence[Chunk]) -> None:
    with db.session() as session:
        content.touch(session, UPLOADS[message_id])
        for chunk in chunks:
            content.add(session, UPLOADS[message_id], chunk)


def finish(message_id: UUID, sizes: Iterable[int] = ()) -> None:
    with db.session() as session:
        content.finish(session, UPLOADS[message_id], sizes)


def read(message_id: UUID, part: int = 0) -> bytes:
    """Read one part to its end."""
    plain, number, last = b"", 0, False
    with db.reading() as session:
        found = content.find(session, message_id)
        while not last:
            piece, last = content.read(session, found, part, number)
            plain, number = plain + piece, number + 1
    return plain


def sizes(message_id: UUID) -> tuple[int, ...]:
    with db.reading() as session:
        return content.find(session, message_id).sizes


def chunks_left() -> int:
    with db.reading() as session:
        return session.query(ChunkRow).count()
