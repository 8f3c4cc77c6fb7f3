"""Content: sealed piece by piece, and what was moved or cut does not open."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from portal import db
from portal.config import Config
from portal.errors import CannotDecrypt, NotFound
from portal.mail import content
from portal.mail.content import CHUNK_BYTES, Chunk, ChunkRow, ContentRow
from tests.mail.chunks import (
    UPLOADS,
    chunks_left,
    read,
    sizes,
    write,
)

MARK = b"a secret that must stay sealed "


def spoil(message_id: UUID, where: dict[str, Any], **values: Any) -> None:
    """Change chunks behind the house's back."""
    with db.session() as session:
        session.execute(
            update(ChunkRow).filter_by(message_id=message_id, **where).values(**values)
        )


@pytest.mark.parametrize(
    ("length", "pieces"),
    [
        (0, 1),
        (1, 1),
        (CHUNK_BYTES - 1, 1),
        (CHUNK_BYTES, 1),
        (CHUNK_BYTES + 1, 2),
        (2 * CHUNK_BYTES, 2),
    ],
)
def test_a_part_of_any_length_comes_back(
    either_house: Config, length: int, pieces: int
) -> None:
    whole = bytes(range(256)) * (length // 256 + 1)

    message = write([whole[:length]])

    assert read(message) == whole[:length]
    assert sizes(message) == (length,)
    assert chunks_left() == pieces


def test_parts_come_back_each_by_itself(either_house: Config) -> None:
    parts = [b"skeleton", b"", b"x" * (3 * CHUNK_BYTES), b"y"]

    message = write(*([part] for part in parts))

    assert [read(message, number) for number in range(4)] == parts
    assert sizes(message) == tuple(map(len, parts))


@given(st.lists(st.binary(max_size=CHUNK_BYTES), max_size=6))
def test_however_pieces_are_cut_the_whole_is_the_same(pieces: list[bytes]) -> None:
    cut = list(content.chunks(0, iter(pieces)))

    assert b"".join(chunk.plain for chunk in cut) == b"".join(pieces)
    assert [chunk.number for chunk in cut] == list(range(len(cut)))
    assert [chunk.last for chunk in cut] == [False] * (len(cut) - 1) + [True]
    assert all(len(chunk.plain) == CHUNK_BYTES for chunk in cut[:-1])


def test_a_long_part_is_never_held_as_a_whole() -> None:
    given_out = 0

    def pieces() -> Iterable[bytes]:
        nonlocal given_out
        for _ in range(100):
            given_out += 1
            yield bytes(CHUNK_BYTES)

    for number, _ in enumerate(content.chunks(0, pieces())):
        assert given_out <= number + 2


@pytest.mark.parametrize(
    "where",
    [
        {"part": 0, "number": 0},
        {"part": 0, "number": 1},
        {"part": 1, "number": 0},
    ],
)
@pytest.mark.parametrize("sealed", [b"", b"\0" * 12, b"\0" * 100])
def test_a_chunk_that_was_replaced_does_not_open(
    house: Config, where: dict[str, Any], sealed: bytes
) -> None:
    message = write([bytes(CHUNK_BYTES + 1)], [b"x"])

    spoil(message, where, sealed=sealed)

    with pytest.raises(CannotDecrypt):
        read(message, where["part"])


def test_chunks_in_another_order_do_not_open(house: Config) -> None:
    message = write([b"a" * CHUNK_BYTES, b"b" * CHUNK_BYTES, b"c"])

    for old, new in [(0, 9), (1, 0), (9, 1)]:
        spoil(message, {"number": old}, number=new)

    with pytest.raises(CannotDecrypt):
        read(message)


def test_a_chunk_of_another_part_does_not_open(house: Config) -> None:
    message = write([b"a"], [b"b"])

    for old, new in [(0, 9), (1, 0), (9, 1)]:
        spoil(message, {"part": old}, part=new)

    with pytest.raises(CannotDecrypt):
        read(message)


def test_a_chunk_of_another_message_does_not_open(house: Config) -> None:
    one, other = write([b"a"]), write([b"b"])
    with db.session() as session:
        mine, theirs = (
            session.get_one(ChunkRow, (message, 0, 0)) for message in (one, other)
        )
        mine.sealed, theirs.sealed = theirs.sealed, mine.sealed

    for message in (one, other):
        with pytest.raises(CannotDecrypt):
            read(message)


def test_the_data_key_of_another_message_does_not_open(house: Config) -> None:
    one, other = write([b"a"]), write([b"b"])
    with db.session() as session:
        mine, theirs = (
            session.get_one(ContentRow, message) for message in (one, other)
        )
        mine.sealed_key, theirs.sealed_key = theirs.sealed_key, mine.sealed_key

    with pytest.raises(CannotDecrypt):
        read(one)


def test_a_part_cut_short_is_noticed(house: Config) -> None:
    message = write([b"a" * CHUNK_BYTES, b"b" * CHUNK_BYTES, b"c"])

    with db.session() as session:
        session.delete(session.get_one(ChunkRow, (message, 0, 2)))
    with pytest.raises(NotFound, match="piece"):
        read(message)

    spoil(message, {"number": 1}, last=True)
    with pytest.raises(CannotDecrypt):
        read(message)


def test_nothing_of_a_content_is_readable_in_the_database(house: Config) -> None:
    message = write([MARK * 10_000], [MARK])
    key = UPLOADS[message].key
    db.disconnect()

    for path in Path(house.instance).iterdir():
        stored = path.read_bytes()
        assert MARK[:16] not in stored
        assert key not in stored


def test_a_key_shows_in_no_repr(house: Config) -> None:
    message = write([MARK])
    with db.reading() as session:
        found = content.find(session, message)
    chunk = Chunk(part=0, number=0, last=True, plain=MARK)

    shown = f"{UPLOADS[message]!r} {found!r} {chunk!r}"

    assert repr(found.key) not in shown
    assert "secret" not in shown
