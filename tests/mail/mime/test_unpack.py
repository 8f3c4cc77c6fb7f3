"""What is in a part comes out of its transfer encoding, however it was cut."""

import tracemalloc
from base64 import encodebytes
from binascii import a2b_qp
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.mail.mime import unpacked

CUTS = st.lists(st.integers(min_value=0, max_value=120), max_size=12)
PRINTABLE = st.lists(
    st.sampled_from([b"=", b"\r", b"\n", b"4", b"a", b"g", b"=4", b"\r\n", b" ", b"_"]),
    max_size=40,
).map(b"".join)


def cut(data: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(cuts), len(data)]
    return [data[a:b] for a, b in zip(places, places[1:], strict=False)]


def through(pieces: list[bytes], encoding: str) -> bytes:
    return b"".join(unpacked(pieces, encoding))


@given(PRINTABLE, CUTS)
@example(b"==4=\rx\ny", [1, 2, 3, 4, 5, 6])
def test_quoted_printable_says_what_the_standard_library_says(
    data: bytes, cuts: list[int]
) -> None:
    assert through(cut(data, cuts), "quoted-printable") == a2b_qp(data)


@given(st.binary(max_size=200), CUTS)
def test_base64_comes_out_as_it_went_in(data: bytes, cuts: list[int]) -> None:
    packed = encodebytes(data).replace(b"\n", b"\r\n")

    assert through(cut(packed, cuts), "base64") == data


@pytest.mark.parametrize(
    "packed",
    [b"QUI", b"Q", b"QUI=QUI=", b"Q===", b"====", b"QU=I", b"QUI=\r\nQ", b"QUJD!", b"="]
    + [b"QUI-", b"QUI=\r\n-- \r\na footer", b"QUJD\0", b"\xffQUJ"],
)
def test_what_is_no_base64_is_refused_wherever_it_is_cut(packed: bytes) -> None:
    for step in range(1, len(packed) + 1):
        pieces = [packed[at : at + step] for at in range(0, len(packed), step)]

        with pytest.raises(ValueError, match="base64"):
            through(pieces, "base64")


@pytest.mark.parametrize(
    "packed", [b"", b"\r\n", b"QQ==", b"Q U\tI\n=", b"QUI=\r\n\r\n"]
)
def test_line_space_is_no_part_of_base64(packed: bytes) -> None:
    assert through([packed], "base64") in (b"", b"A", b"AB")


@pytest.mark.parametrize("encoding", ["", "7bit", "8bit", "binary", "x-uuencode"])
def test_what_is_not_encoded_stays_as_it_is(encoding: str) -> None:
    assert through([b"=41\r", b"\n\0"], encoding) == b"=41\r\n\0"


@pytest.mark.parametrize(
    ("piece", "encoding"),
    [
        (b"QUJD" * 16_000, "base64"),
        (b"=" * 64_000, "quoted-printable"),
        (b"=\r" + b"x" * 64_000, "quoted-printable"),
        (b"x" * 64_000, "quoted-printable"),
    ],
)
def test_no_line_is_too_long_for_the_memory(piece: bytes, encoding: str) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(200):
            yield piece

    tracemalloc.start()
    for _ in unpacked(pieces(), encoding):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 1_000_000
