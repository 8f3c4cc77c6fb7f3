"""What is between DATA and its end, however it is cut, and what is tried with it."""

import asyncio
from asyncio import StreamReader
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from hashlib import sha256
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal import config, db
from portal.config import Config
from portal.intake.smtp.data import END, Bare, Data, Vanished
from portal.mail import content
from tests import stored
from tests.delivery.steps import record
from tests.intake.smtp.talking import ANN, JANE, MAIL, Door, Talk, listening, of
from tests.intake.weighed import in_little_memory
from tests.workspace import grants

MOST = 500_000  # bytes of a mail
LIMIT = 16  # bytes of a reader, so that every cut is met
TEXT = st.binary(max_size=60) | st.lists(
    st.sampled_from([b"\r\n", b".", b"..", b"\r\n.", b"a", b"\r\n\r\n", b"x" * 20])
).map(b"".join)
# Each ends a mail for some server in the world, and none here.
ENDS = [
    *(b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r"),
    *(b"\r\n\0.\r\n", b"\r\n.\0\r\n", b"\r\r\n.\r\r\n", b"\n\n.\r\n", b"\n.\r"),
]
SMUGGLED = b"MAIL FROM:<admin@contoso.example>\r\nRCPT TO:<eve@x.example>\r\nDATA\r\n"


async def _read(pieces: list[bytes]) -> tuple[bytes, bytes]:
    """Return a mail that comes in pieces, and what is left for the next command."""
    reader = StreamReader(limit=LIMIT)

    async def feed() -> None:
        for piece in pieces:
            reader.feed_data(piece)
            await asyncio.sleep(0)
        reader.feed_eof()

    feeding = asyncio.create_task(feed())
    data, text = Data(reader), b""
    try:
        while block := await data.block():
            text += block
    finally:
        await feeding
    return text, await reader.read()


def read(pieces: list[bytes]) -> tuple[bytes, bytes]:
    """Do it in a thread of its own: a browser may have its loop in this one."""
    with ThreadPoolExecutor(1) as alone:
        return alone.submit(lambda: asyncio.run(_read(pieces))).result()


def stuffed(text: bytes) -> bytes:
    """Send as RFC 5321 section 4.5.2 says, line by line."""
    lines = text.split(b"\r\n")
    return b"\r\n".join(b"." + each if each[:1] == b"." else each for each in lines)


def broken(text: bytes) -> bool:
    rest = text.replace(b"\r\n", b"")
    return b"\r" in rest or b"\n" in rest


@given(TEXT, st.lists(st.integers(0, 80), max_size=6))
@example(b"", [])
@example(b".", [1])
@example(b"\r\n\r\n", [1, 2, 3])
@example(b"a\r\n..\r\n", [3, 4, 5])
def test_a_mail_is_what_was_sent_however_it_is_cut(
    text: bytes, cuts: list[int]
) -> None:
    text = text and text.rstrip(b"\r\n") + b"\r\n"
    sent = stuffed(text) + b".\r\nNOOP\r\n"
    places = [0, *sorted(min(cut, len(sent)) for cut in cuts), len(sent)]
    pieces = [sent[a:b] for a, b in zip(places, places[1:], strict=False)]

    if broken(text):
        with pytest.raises(Bare):
            read(pieces)
    else:
        assert read(pieces) == (text, b"NOOP\r\n")


@given(TEXT)
def test_a_mail_that_does_not_end_is_none(text: bytes) -> None:
    sent = text.replace(END, b"")
    if (b"\r\n" + sent).find(END) < 0:
        with pytest.raises(Vanished):
            read([sent])


@pytest.mark.parametrize("end", ENDS, ids=repr)
def test_no_second_mail_is_smuggled_in(known: Talk, end: bytes) -> None:
    known.begin()
    known.type(MAIL + end + SMUGGLED + MAIL + b"\r\n.\r\n")

    reply = known.reply()

    assert reply.startswith(("550 5.6.0 ", "554 5.6.0 ", "250 2.0.0 "))
    assert known.say("NOOP") == "250 2.0.0 OK"
    assert stored.rows("message") == reply.startswith("250")


def test_a_bare_line_feed_is_refused_and_the_next_mail_is_taken(known: Talk) -> None:
    reply = known.mail(MAIL + b"bare\nfeed\r\n")

    assert reply.startswith("550 5.6.0 Lines end in CRLF; ")
    assert stored.rows() == 0
    assert known.mail().startswith("250 ")


@pytest.mark.parametrize("size", [1_000, 300_000, 20_000_000])
def test_a_line_may_be_as_long_as_a_mail(known: Talk, size: int) -> None:
    text = b"x" * size + b"\r\n"

    reply = known.mail(MAIL + text)

    message = of(reply)
    kept = last_part(message)
    assert sha256(kept[-len(text) :]).digest() == sha256(text).digest()
    assert record(message).size > size


def last_part(message_id: UUID) -> bytes:
    with db.reading() as session:
        held = content.find(session, message_id)
        last = len(held.sizes) - 1
        return b"".join(content.pieces(held, last, partial(content.read, session)))


def test_thirty_megabytes_need_little_memory(known: Talk) -> None:
    line = b"x" * 64_000 + b"\r\n"

    known.begin()
    with in_little_memory():
        known.type(MAIL)
        for _ in range(480):
            known.type(line)
        known.type(b".\r\n")
        reply = known.reply()

    assert record(of(reply)).size > 480 * len(line)


@pytest.mark.parametrize(("more", "code"), [(0, "250 2.0.0"), (1, "552 5.3.4")])
def test_a_mail_may_be_just_as_large_as_is_announced(
    house: Config, more: int, code: str
) -> None:
    grants.send_as(ANN)
    config.use(replace(house, max_message=MOST))
    with listening(config.current()) as door, Talk(door) as talk:
        talk.sign_in()
        whole = MAIL.replace(JANE.encode(), b"somebody@else.example")
        whole += b"x" * (MOST + more - len(whole) - 2) + b"\r\n"

        assert talk.mail(whole).startswith(code)


def test_a_mail_that_is_too_large_is_refused_where_it_crosses(known: Talk) -> None:
    known.begin()
    known.type(MAIL)
    line = b"x" * 998 + b"\r\n"
    for _ in range(201):
        known.type(line * 1000)
    known.type(b".\r\n")

    assert known.reply().startswith("552 5.3.4 ")
    assert stored.rows() == 0
    assert known.mail().startswith("250 ")


def test_a_connection_that_is_cut_leaves_nothing(door: Door) -> None:
    with Talk(door) as talk:
        talk.sign_in()
        talk.begin()
        talk.type(MAIL + b"x" * 5_000_000)
    door.close()

    assert stored.rows() == 0


def test_a_mail_that_nobody_can_read_is_refused_with_what_is_wrong(
    known: Talk,
) -> None:
    headers = b"".join(b"Received: from x%d\r\n" % n for n in range(51))

    assert known.mail(headers + MAIL).startswith("554 5.6.0 ")
    assert stored.rows() == 0


@pytest.mark.parametrize("text", [b" folded\r\nbody\r\n", b"hello there\r\n"])
def test_what_has_no_header_becomes_no_part_of_our_line(
    known: Talk, text: bytes
) -> None:
    reply = known.mail(text)

    assert reply.startswith("250 ")
    assert b"Received: " not in last_part(of(reply))


def test_a_mail_does_not_begin_with_a_thousand_empty_lines(known: Talk) -> None:
    known.begin()
    known.type(b"\r\n" * 1000)

    assert known.reply().startswith("421 4.4.2 ")
    assert stored.rows() == 0
