"""What a door writes is there with its message, or not at all."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from portal import accept, config, db
from portal.accept import Caller, Draft, Order
from portal.config import Config
from portal.errors import InvalidMessage, NoRoom, NotFound, TooLarge
from portal.intake import desk
from portal.intake.writer import Writer
from portal.mail import content
from portal.mail.content import CHUNK_BYTES
from portal.mail.message import Attachment, Message
from tests import stored
from tests.crowd import together
from tests.intake.written import HEAD, long

BEN = Caller(name="Ben's app", idempotency_key="order 7")
DRAFT = Draft(
    sender="", account=None, to=("jane@example.com",), cc=(), bcc=(), subject=""
)
MIB = [bytes(CHUNK_BYTES)] * 4


def order(writer: Writer) -> Order:
    with db.reading() as session:
        return accept.admit(session, DRAFT, Caller(name="Ben"), writer.message_id)


def test_parts_are_written_in_any_order(either_house: Config) -> None:
    with Writer() as writer:
        writer.write(2, [b"b", b"", b"c"])
        writer.write(1, MIB * 3)
        writer.write(0, [b"skeleton"])
        writer.accept(order(writer))

    with db.reading() as session:
        held = content.find(session, writer.message_id)
        assert content.read(session, held, 2, 0) == (b"bc", True)
    assert held.sizes == (8, 3 * 1024 * 1024, 2)


def test_what_fits_in_one_transaction_is_stored_with_the_message(
    either_house: Config,
) -> None:
    with Writer() as writer:
        writer.write(1, MIB)
        writer.write(0, [b"skeleton"])
        assert stored.rows() == 0

        writer.accept(order(writer))

    assert stored.rows("message", "content", "chunk") == 1 + 1 + 5


def test_what_does_not_fit_is_uploaded_a_few_chunks_at_a_time(house: Config) -> None:
    seen: list[int] = []

    def pieces() -> Iterator[bytes]:
        for piece in MIB * 6:
            seen.append(stored.rows("chunk"))
            yield piece

    with Writer() as writer:
        writer.write(0, pieces())

    assert sorted({*seen}) == [0, 8, 16]


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt, GeneratorExit, ZeroDivisionError, SystemExit]
)
def test_whatever_ends_it_nothing_is_left(
    either_house: Config, error: type[BaseException]
) -> None:
    def broken() -> Iterator[bytes]:
        yield from MIB * 3
        assert stored.rows("content", "chunk") == 9
        raise error

    with pytest.raises(error), Writer() as writer:
        writer.write(1, broken())

    assert stored.rows() == 0


def test_an_upload_that_was_swept_becomes_no_message(house: Config) -> None:
    writer = Writer()
    writer.write(1, MIB * 3)
    writer.write(0, [b"skeleton"])
    with db.session() as session:
        content.discard(session, writer.message_id)

    with pytest.raises(NotFound, match="swept"), writer:
        writer.accept(order(writer))

    assert stored.rows() == 0


@pytest.mark.parametrize("size", [1_000, 1_001])
def test_the_byte_that_is_too_much_is_refused(house: Config, size: int) -> None:
    config.use(replace(house, max_message=1_000))
    taken = 0

    def pieces() -> Iterator[bytes]:
        nonlocal taken
        for _ in range(size):
            taken += 1
            yield b"x"
        yield b"the end"

    with pytest.raises(TooLarge), Writer() as writer:
        writer.write(0, pieces())

    assert taken == size


def test_room_is_asked_for_as_it_goes_on(house: Config) -> None:
    def pieces() -> Iterator[bytes]:
        yield from MIB * 3
        config.use(replace(house, max_message=10**18))
        yield from MIB * 3

    with pytest.raises(NoRoom), Writer() as writer:
        writer.write(0, pieces())

    assert stored.rows() == 0


LONG = Attachment(bytes(3_000_000), name="long.bin")


@pytest.mark.parametrize(
    "brought",
    [
        lambda: Message(to="jane@example.com", attachments=[LONG]),
        lambda: iter([long()]),
        lambda: long(),
    ],
    ids=["message", "pieces", "bytes"],
)
def test_twins_that_come_at_once_become_one_message(
    either_house: Config, brought: Callable[[], Message | bytes]
) -> None:
    receipts: list[str] = []

    together(lambda: receipts.append(desk.take(brought(), BEN).id))

    assert len({*receipts}) == 1
    assert stored.rows("message", "content", "repeat") == 3


def test_who_may_not_send_is_told_at_the_header(house: Config) -> None:
    def pieces() -> Iterator[bytes]:
        yield HEAD.replace(b"ben@x.example", b"nobody") + b"\r\n" + b"x" * 200_000
        raise AssertionError("It asked for more.")

    with pytest.raises(InvalidMessage, match=r"to\[0\]"):
        desk.take(pieces(), BEN)
