"""A mail that comes in pieces is taken apart as the whole would be."""

import email
import tracemalloc
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage, Message

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.errors import InvalidMessage
from portal.mail import mime
from portal.mail.mime.edit import crlf, marked
from portal.mail.mime.tree import scan
from tests.mail.mime.mails import (
    DATE,
    HEAD,
    Split,
    problems,
    split,
    split_pieces,
    whole,
)

COMPLETE = HEAD + b"Date: x\r\nMessage-ID: <old@x.example>\r\n"
MIXED = b"Content-Type: multipart/mixed; boundary=a\r\n"
PIECES = st.sampled_from(
    [b"\r\n", b"\n", b"\r", b" ", b"\t", b"x", b"-", b"=", b":", b"  \t", b"text"]
    + [b"--a", b"--a--", b"--b", b"--b--", b"--a-", b"--a:b", b"--a b", b"--a b--"]
    + [b"\r\n\r\n", b"\r\n--a\r\n", b"\r\n--a--\r\n", b"\n--a\n\n", b"\r--b\r\r"]
    + [b"\r\n--b\r\n", b"\r\n--b--\r\n", b"\r\n--a:b\r\n", b"\r\n--a:b--\r\n"]
    + [b"\r\n--a b\r\n", b"\r\n--a----\r\n"]
    + [
        b"Content-Type: " + kind
        for kind in (
            b"image/png",
            b"text/html",
            b"message/rfc822",
            b"multipart/mixed; boundary=a",
            b'multipart/related; boundary="b"',
            b'multipart/mixed; boundary="a:b"',
            b'multipart/mixed; boundary="a b"',
            b'multipart/mixed; boundary="a--"',
            b"multipart/signed; boundary=b",
            b"multipart/alternative; boundary=b",
        )
    ]
    + [b"Content-Disposition: attachment", b"Content-Transfer-Encoding: 8bit"]
)
SOUP = st.lists(PIECES, max_size=40).map(lambda soup: MIXED + b"".join(soup))
CUTS = st.lists(st.integers(min_value=0, max_value=800), max_size=40)


def cut(data: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(cuts), len(data)]
    return [data[a:b] for a, b in zip(places, places[1:], strict=False)]


def leaves(raw: bytes, apart: tuple[bytes, ...] = ()) -> list[tuple[str, bytes]]:
    """Return what the parts are and hold, those of a skeleton with what is apart."""
    return [
        (leaf.type, apart[number - 1] if number else raw[leaf.body : leaf.end])
        for leaf in scan(raw).walk()
        if not leaf.children and (number := marked(leaf) if apart else 0) is not None
    ]


@given(SOUP, CUTS, st.integers(min_value=1, max_value=60))
@example(MIXED + b"\r\n--a\r\n\r\nx\r\n--a-", [97], 1)
def test_however_it_is_cut_it_comes_apart_the_same(
    soup: bytes, cuts: list[int], block: int
) -> None:
    raw = COMPLETE + soup

    assert split_pieces(cut(raw, cuts), block=block) == split(raw)


@given(SOUP)
def test_it_comes_apart_where_the_whole_would(soup: bytes) -> None:
    mail = split(COMPLETE + soup)

    apart = [(kind, crlf(body)) for kind, body in leaves(COMPLETE + soup)]
    assert leaves(mail.skeleton, mail.parts) == apart


@given(SOUP)
def test_it_is_put_together_byte_for_byte(soup: bytes) -> None:
    raw = crlf(COMPLETE + soup)
    root = scan(raw)
    divided = raw[: root.fields_end] + b"\r\n" + raw[root.body :]

    assert whole(split(raw)) == (divided if root.fields_end < len(raw) else raw)


@pytest.mark.parametrize(
    "line", [b"X", b": x", b"From\0: x", b"\xc3\xbc: x", b"\xef\xbb\xbfFrom: x"]
)
def test_behind_a_line_that_is_no_field_nobody_finds_another(line: bytes) -> None:
    hidden = line + b"\r\nFrom: eve@x.example\r\nBcc: eve@x.example\r\n\r\nhi"

    assert whole(split(COMPLETE + hidden)) == COMPLETE + b"\r\n" + hidden


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        (b"From ann@x Thu Nov 20\r\n" + COMPLETE + b"\r\nhi", COMPLETE + b"\r\nhi"),
        (COMPLETE + b"bcc: e@x.example\r\n\r\nhi\r\n", COMPLETE + b"\r\nhi\r\n"),
        (COMPLETE + b"Resent-Bcc: x\r\nX: y", COMPLETE + b"X: y"),
        (COMPLETE + b"X-Portal-Part: 1 raw 7\r\n\r\n", COMPLETE + b"\r\n"),
        (b"Return-Path: <r@x.example>\r\n" + COMPLETE, COMPLETE),
        (COMPLETE + b"Message-ID: <second@x.example>\r\n", COMPLETE),
        (COMPLETE + b"Content-Type: image/png", COMPLETE + b"Content-Type: image/png"),
    ],
)
def test_nothing_else_is_taken_out(raw: bytes, kept: bytes) -> None:
    assert whole(split(raw)) == kept


def test_nothing_is_added_but_what_is_missing() -> None:
    bare = b"To: ben@x.example\r\nMessage-ID: none\r\n\r\nhi"

    made = whole(split(bare))

    assert made.endswith(b"\r\nMIME-Version: 1.0\r\nTo: ben@x.example\r\n\r\nhi")
    assert made.startswith(b"Message-ID: <new@x.example>\r\nDate: ")


def test_what_is_binary_keeps_its_line_breaks() -> None:
    part = b"Content-Type: x/y\nContent-Transfer-Encoding: binary\n\na\nb\rc\r\n"

    mail = split(COMPLETE + MIXED + b"\n--a\n" + part + b"\n--a--\n")

    assert mail.parts == (b"a\nb\rc\r\n",)


TYPES = st.sampled_from(["plain", "html", "calendar"])
LINES = st.text(st.sampled_from("ab-=. ü"), max_size=30)


@st.composite
def mails(draw: st.DrawFn, depth: int = 3) -> EmailMessage:
    """Write a mail of any shape with the standard library."""
    mail = EmailMessage()
    if depth and draw(st.booleans()):
        inner = draw(st.lists(mails(depth=depth - 1), min_size=1, max_size=3))
        mail["Content-Type"] = draw(st.sampled_from(["multipart/mixed", "multipart/x"]))
        mail.set_payload(list[Message | str](inner))
    elif draw(st.booleans()):
        mail.set_content(draw(st.binary(max_size=200)), "image", "png", filename="a.p")
    else:
        mail.set_content("\n".join(draw(st.lists(LINES))), subtype=draw(TYPES))
    return mail


def payloads(raw: bytes) -> list[tuple[str, object]]:
    return [
        (part.get_content_type(), part.get_payload(decode=True))
        for part in email.message_from_bytes(raw, policy=policy.default).walk()
        if not part.is_multipart()
    ]


@given(mails(), st.integers(min_value=1, max_value=100))
def test_the_standard_library_reads_the_same_parts(
    mail: EmailMessage, block: int
) -> None:
    mail["To"] = "ben@x.example"
    raw = mime.written(mail)

    taken = split_pieces(cut(raw, list(range(0, 800, 7))), block=block)

    apart = [(kind, body) for kind, body in contents(taken) if body]
    assert apart == [(kind, body) for kind, body in payloads(raw) if body]


def contents(taken: Split) -> list[tuple[str, object]]:
    """Return what a mail's parts hold, read by us from the skeleton and beside it."""
    parts = [part for part in scan(taken.skeleton).walk() if not part.children]
    found: list[tuple[str, object]] = []
    for part in parts:
        number = marked(part)
        body = taken.skeleton[part.body : part.end]
        raw = [taken.parts[number - 1] if number else body]
        found.append((part.type, b"".join(mime.unpacked(raw, part.encoding))))
    return found


def long_text(kind: bytes, size: int) -> bytes:
    return b"\r\n--a\r\nContent-Type: text/%b\r\n\r\n" % kind + b"x" * size


def test_a_text_too_long_for_the_skeleton_goes_beside_it() -> None:
    parts = long_text(b"plain", 2_000_000) + long_text(b"html", 2_000_000)
    raw = COMPLETE + MIXED + parts + long_text(b"html", 900_000) + b"\r\n--a--\r\n"

    mail = split(raw)

    read = mime.outline(mail.skeleton)
    assert [len(part) for part in mail.parts] == [2_000_000, 2_000_000]
    assert len(read.html or "") == 900_000
    assert whole(mail) == raw


@pytest.mark.parametrize(
    "raw",
    [
        MIXED + b"\r\n" + b"x\r\n" * 400_000 + b"--a\r\n\r\nhi\r\n--a--",
        MIXED + b"\r\n--a\r\n\r\nhi\r\n--a--\r\n" + b"x" * 1_100_000,
        MIXED + b"\r\n--a" + b" " * 1_400_000 + b"\r\n\r\nhi\r\n--a--\r\n",
    ],
    ids=["before", "after", "behind a boundary"],
)
def test_what_nobody_would_read_is_limited(raw: bytes) -> None:
    assert "outside its parts" in problems(COMPLETE + raw)["message"]


@pytest.mark.parametrize(
    "part",
    [
        b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n",
        b"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\n",
        b"Content-Type: message/rfc822\r\n\r\n",
        b"Content-Type: text/html\r\n\r\n",
        b"Content-Disposition: attachment\r\n\r\n",
    ],
)
@pytest.mark.parametrize("line", [b"QUJDREVG" * 9 + b"\r\n", b"QUJD"])
def test_a_large_mail_is_never_held_as_a_whole(part: bytes, line: bytes) -> None:
    piece = line * (60_000 // len(line))

    def pieces() -> Iterator[bytes]:
        yield COMPLETE + MIXED + b"\r\n--a\r\n" + part
        for _ in range(30_000_000 // len(piece)):
            yield piece
        yield b"\r\n--a--\r\n"

    tracemalloc.start()
    splitter = mime.Splitter(pieces(), message_id="<new@x.example>", date=DATE)
    size = sum(len(piece) for _, piece in splitter.parts())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert size > 29_000_000
    assert peak < 12_000_000


def test_a_refusal_comes_as_early_as_it_can() -> None:
    def pieces() -> Iterator[bytes]:
        yield COMPLETE + b"Content-Type: image/png\r\n"
        yield b"Content-Transfer-Encoding: base64\r\n\r\nQUJD!" + b"A" * 200_000
        raise AssertionError("It asked for more.")

    splitter = mime.Splitter(pieces(), message_id="<new@x.example>", date=DATE)

    with pytest.raises(InvalidMessage, match="part 1: is not base64"):
        list(splitter.parts())
