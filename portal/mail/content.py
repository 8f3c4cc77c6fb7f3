"""What a message holds, in sealed chunks of 256 KiB.

A door writes a few chunks per transaction under a row that says `receiving`; the row of
the message comes last. What was never finished is swept. Part 0 is the MIME skeleton,
part n its n-th attachment. Erasing deletes the data key first, and with it the rest.

Two messages may share one content, each with a key to it; its chunks stay for as long
as one of them can read them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ForeignKey,
    Index,
    delete,
    exists,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from portal import clock, db, vault
from portal.errors import NotFound

CHUNK_BYTES = 256 * 1024
CHUNKS_PER_TRANSACTION = 8
CHUNKS_AT_ONCE = 4  # that are read, so 1 MiB
ERASED = text("sealed_key IS NULL")
SHARED = text("chunks_of IS NOT NULL")
CLEARED_CHUNKS = 32  # of 256 KiB, in one transaction
CLEARED = 100  # contents, likewise


class ContentRow(db.Table):
    """One message's content: its data key, its sizes, and whether it is whole."""

    __tablename__ = "content"
    __table_args__ = (
        Index("ix_content_erased", "message_id", **db.only(ERASED)),
        Index("ix_content_chunks_of", "chunks_of", **db.only(SHARED)),
    )

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    sealed_key: Mapped[bytes | None]  # None: erased
    sizes: Mapped[list[int]]  # bytes of part 0, 1, …; empty while receiving
    receiving_since: Mapped[datetime | None] = mapped_column(index=True)
    chunks_of: Mapped[UUID | None]  # another content's, which holds them


class ChunkRow(db.Table):
    """A piece of one part."""

    __tablename__ = "chunk"

    message_id: Mapped[UUID] = mapped_column(
        ForeignKey("content.message_id", ondelete="CASCADE"), primary_key=True
    )
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[bool]
    sealed: Mapped[bytes]


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A content that is being written; its key never leaves this process unsealed."""

    message_id: UUID
    key: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """Up to 256 KiB of one part, still in the clear."""

    part: int
    number: int
    last: bool
    plain: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Content:
    """A whole content: the sizes of its parts in bytes, and the key to read them."""

    message_id: UUID  # of the message that brought it
    sizes: tuple[int, ...]
    key: bytes = field(repr=False)


def chunks(part: int, pieces: Iterable[bytes]) -> Iterator[Chunk]:
    """Cut one part into chunks; holds a chunk and the next piece in memory."""
    number, waiting = 0, b""
    for block in _blocks(pieces):
        if number or waiting:
            yield Chunk(part=part, number=number, last=False, plain=waiting)
            number += 1
        waiting = block
    yield Chunk(part=part, number=number, last=True, plain=waiting)


def begin(session: Session, message_id: UUID) -> Upload:
    """Open an upload; what follows stays invisible until `finish`."""
    key = vault.new_data_key()
    row = ContentRow(
        message_id=message_id,
        sealed_key=vault.seal(key, about_key(message_id)),
        sizes=[],
        receiving_since=clock.now(),
    )
    session.add(row)
    session.flush()
    return Upload(message_id=message_id, key=key)


def add(session: Session, upload: Upload, chunk: Chunk) -> None:
    sealed = vault.seal_with(
        upload.key, chunk.plain, _about_chunk(upload.message_id, chunk)
    )
    row = ChunkRow(
        message_id=upload.message_id,
        part=chunk.part,
        number=chunk.number,
        last=chunk.last,
        sealed=sealed,
    )
    session.add(row)


def touch(session: Session, upload: Upload) -> None:
    """Say that the upload goes on, so that it is not swept."""
    _change(session, upload.message_id, receiving_since=clock.now())


def finish(session: Session, upload: Upload, sizes: Iterable[int]) -> None:
    """Close the upload; belongs into the transaction that puts the message."""
    _change(session, upload.message_id, receiving_since=None, sizes=list(sizes))


def share(session: Session, message_id: UUID, other_id: UUID) -> None:
    """Let another message hold the whole content of this one as well."""
    held = find(session, message_id)
    row = ContentRow(
        message_id=other_id,
        sealed_key=vault.seal(held.key, about_key(other_id)),
        sizes=list(held.sizes),
        chunks_of=held.message_id,
    )
    session.add(row)


def discard(session: Session, message_id: UUID) -> None:
    """Delete an upload that nobody will finish; what a message holds stays."""
    session.execute(
        delete(ContentRow).where(
            ContentRow.message_id == message_id, ContentRow.receiving_since.is_not(None)
        )
    )


def sweep(session: Session, older_than: datetime) -> int:
    """Delete uploads that nobody went on with; return how many."""
    swept = session.execute(
        delete(ContentRow)
        .where(ContentRow.receiving_since < older_than)
        .returning(ContentRow.message_id)
    )
    return len(swept.all())


def erase(session: Session, message_ids: Sequence[UUID]) -> None:
    """Make these contents unreadable for good; `clear` takes away what is left."""
    session.execute(
        update(ContentRow)
        .where(ContentRow.message_id.in_(message_ids))
        .values(sealed_key=None)
    )


def clear(session: Session) -> int:
    """Delete some of what nobody can read any more; return 0 when there is nothing."""
    sharing = aliased(ContentRow)
    read = exists().where(
        sharing.chunks_of == ContentRow.message_id, sharing.sealed_key.is_not(None)
    )
    rows = session.scalars(
        select(ContentRow.message_id)
        .where(ERASED, ~read)
        .limit(CLEARED)
        .with_for_update(skip_locked=True)
    ).all()
    key = (ChunkRow.message_id, ChunkRow.part, ChunkRow.number)
    some = select(*key).where(ChunkRow.message_id.in_(rows)).limit(CLEARED_CHUNKS)
    deleted = session.execute(
        delete(ChunkRow).where(tuple_(*key).in_(some)).returning(ChunkRow.part)
    )
    if len(deleted.all()) < CLEARED_CHUNKS:
        session.execute(delete(ContentRow).where(ContentRow.message_id.in_(rows)))
    return len(rows)


def find(session: Session, message_id: UUID) -> Content:
    """Return what is needed to read a content; raise NotFound if it was erased."""
    row = session.get(ContentRow, message_id)
    if row is None or row.sealed_key is None or row.receiving_since:
        raise NotFound("The content of this message is gone.")
    key = vault.unseal(row.sealed_key, about_key(message_id))
    return Content(
        message_id=row.chunks_of or message_id, sizes=tuple(row.sizes), key=key
    )


def read(
    session: Session, content: Content, part: int, number: int
) -> tuple[bytes, bool]:
    """Return up to 1 MiB from a chunk on, in the clear, and whether that is the end.

    Raises CannotDecrypt if it is not what was put there, NotFound if it is not there.
    """
    rows = session.execute(
        select(ChunkRow.number, ChunkRow.last, ChunkRow.sealed)
        .where(
            ChunkRow.message_id == content.message_id,
            ChunkRow.part == part,
            ChunkRow.number >= number,
            ChunkRow.number < number + CHUNKS_AT_ONCE,
        )
        .order_by(ChunkRow.number)
    ).all()
    if [row.number for row in rows] != [*range(number, number + len(rows))] or not rows:
        raise NotFound("A piece of this message's content is missing.")
    return b"".join(_plain(content, part, *row) for row in rows), rows[-1].last


def pieces(
    content: Content, part: int, read: Callable[[Content, int, int], tuple[bytes, bool]]
) -> Iterator[bytes]:
    """Yield what one part holds, as `read` returns it piece by piece."""
    number, last = 0, False
    while not last:
        piece, last = read(content, part, number)
        yield piece
        # Every chunk but the last of a part is full.
        number += len(piece) // CHUNK_BYTES


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    buffer = bytearray()
    for piece in pieces:
        buffer += piece
        while len(buffer) >= CHUNK_BYTES:
            yield bytes(buffer[:CHUNK_BYTES])
            del buffer[:CHUNK_BYTES]
    if buffer:
        yield bytes(buffer)


def _change(session: Session, message_id: UUID, **values: object) -> None:
    changed = session.execute(
        update(ContentRow)
        .where(
            ContentRow.message_id == message_id, ContentRow.receiving_since.is_not(None)
        )
        .values(**values)
        .returning(ContentRow.message_id)
    )
    if changed.first() is None:
        raise NotFound("This upload has been swept; please send the message again.")


def _plain(
    content: Content, part: int, number: int, last: bool, sealed: bytes
) -> bytes:
    chunk = Chunk(part=part, number=number, last=last, plain=b"")
    about = _about_chunk(content.message_id, chunk)
    return vault.unseal_with(content.key, sealed, about)


def about_key(message_id: UUID) -> str:
    return f"data key of message {message_id}"


def _about_chunk(message_id: UUID, chunk: Chunk) -> str:
    return f"chunk {message_id} {chunk.part} {chunk.number} {chunk.last:d}"
