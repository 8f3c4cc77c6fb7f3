"""What travels after DATA: lines that end alike, and no dot that ends too early."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.delivery.smtp import wire

SIGNS = st.sampled_from([b".", b"\r", b"\n", b"\0", b"x"])
PIECES = st.lists(st.lists(SIGNS).map(b"".join))


def on_wire(*pieces: bytes) -> bytes:
    return b"".join(wire.lines(pieces))


def unstuffed(data: bytes) -> bytes:
    """Return what a server makes of it (RFC 5321 section 4.5.2)."""
    return re.sub(rb"(\A|\r\n)\.", rb"\1", data)


@pytest.mark.parametrize(
    ("pieces", "travels"),
    [
        ([b"a\r\n.\r\nb"], b"a\r\n..\r\nb\r\n"),
        ([b"a\n.\nb\n"], b"a\r\n..\r\nb\r\n"),
        ([b".a"], b"..a\r\n"),
        ([b"a\r", b"\n.", b"\r\n"], b"a\r\n..\r\n"),
        ([b"a\r", b"."], b"a\r\n..\r\n"),
        ([b"a\r"], b"a\r\n"),
        ([b"a\n\r.\r\n"], b"a\r\n\r\n..\r\n"),
        ([b"a\r\n\0.\r\0\nb"], b"a\r\n..\r\nb\r\n"),
        ([b"a\r\n\0", b".\0\r\n"], b"a\r\n..\r\n"),
        ([], b""),
    ],
    ids=str,
)
def test_dots_and_ends_of_lines(pieces: list[bytes], travels: bytes) -> None:
    assert on_wire(*pieces) == travels


@given(PIECES)
def test_nothing_ends_a_mail_but_its_end(pieces: list[bytes]) -> None:
    travels = on_wire(*pieces)

    assert b"\r\n.\r\n" not in b"\r\n" + travels
    assert b"\r" not in travels.replace(b"\r\n", b"")
    assert b"\n" not in travels.replace(b"\r\n", b"")
    assert b"\0" not in travels


@given(PIECES)
def test_a_server_reads_every_line_as_it_was(pieces: list[bytes]) -> None:
    whole = b"".join(pieces).replace(b"\0", b"")

    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", whole)
    ended = lines if not lines or lines.endswith(b"\r\n") else lines + b"\r\n"
    assert unstuffed(on_wire(*pieces)) == ended


@given(PIECES)
def test_where_pieces_end_changes_nothing(pieces: list[bytes]) -> None:
    assert on_wire(*pieces) == on_wire(b"".join(pieces))
