"""Uploads: what comes in is there once all of it is, or swept away."""

from datetime import timedelta

import pytest

from portal import clock, db
from portal.config import Config
from portal.errors import NotFound
from portal.mail import content
from portal.mail.content import Chunk, ContentRow
from tests.conftest import Passing
from tests.mail.chunks import add, begin, chunks_left, finish, read, sizes, write


def test_what_is_still_coming_in_is_not_there_yet(either_house: Config) -> None:
    message = begin()
    add(message, [Chunk(part=0, number=0, last=True, plain=b"x")])

    with pytest.raises(NotFound):
        read(message)

    finish(message)
    assert read(message) == b"x"


def test_what_was_erased_is_gone(either_house: Config) -> None:
    message = write([b"x"])
    with db.session() as session:
        session.get_one(ContentRow, message).sealed_key = None

    with pytest.raises(NotFound, match="gone"):
        read(message)


def test_an_upload_that_nobody_goes_on_with_is_swept(
    either_house: Config, passes: Passing
) -> None:
    whole = write([b"x"])
    left = begin()
    add(left, [Chunk(part=0, number=0, last=False, plain=b"y")])
    passes(hours=1)
    fresh = begin()

    assert sweep() == 1
    assert sweep() == 0

    assert read(whole) == b"x"
    assert chunks_left() == 1
    finish(fresh)
    with pytest.raises(NotFound, match="swept"):
        finish(left)


def test_an_upload_that_was_swept_takes_nothing_more(
    either_house: Config, passes: Passing
) -> None:
    left = begin()
    passes(hours=1)
    sweep()

    with pytest.raises(NotFound, match="swept"):
        add(left, [Chunk(part=0, number=0, last=True, plain=b"y")])

    assert chunks_left() == 0


def test_an_upload_that_goes_on_is_not_swept(
    either_house: Config, passes: Passing
) -> None:
    slow = begin()
    for number in range(4):
        passes(minutes=40)
        add(slow, [Chunk(part=0, number=number, last=number == 3, plain=b"y")])
        assert sweep() == 0

    finish(slow)
    assert read(slow) == b"yyyy"


def sweep() -> int:
    with db.session() as session:
        return content.sweep(session, clock.now() - timedelta(minutes=59))


def test_an_upload_is_finished_once(either_house: Config) -> None:
    message = write([b"x"])

    with pytest.raises(NotFound, match="swept"):
        finish(message, [7])

    assert sizes(message) == (1,)


def test_an_upload_that_is_discarded_leaves_nothing(either_house: Config) -> None:
    message = begin()
    add(message, [Chunk(part=0, number=0, last=True, plain=b"y")])

    with db.session() as session:
        content.discard(session, message)

    assert chunks_left() == 0
    with pytest.raises(NotFound):
        finish(message)
