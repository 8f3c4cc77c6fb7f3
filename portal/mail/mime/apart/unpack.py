"""What is in a part: its body without its transfer encoding, piece by piece."""

import re
from binascii import a2b_base64, a2b_qp
from collections.abc import Iterable, Iterator
from typing import Protocol

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_SPACE = b" \t\r\n"
_MOST_PADDING = 2
# A soft line break that has not come to its end; before it, any number of pairs.
_SOFT = re.compile(rb"(?<!=)(?:==)*+(=\r)[^\n]*+\Z")


class Unpacker(Protocol):
    """Takes a body in pieces of any size; both raise ValueError if it is none."""

    def feed(self, piece: bytes) -> bytes: ...

    def close(self) -> bytes: ...


def unpacker(encoding: str) -> Unpacker:
    """Return what undoes a transfer encoding; one that nobody knows is left alone."""
    if encoding == "base64":
        return _Base64()
    return _Printable() if encoding == "quoted-printable" else _Plain()


def unpacked(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Yield what these pieces are without their transfer encoding."""
    taken = unpacker(encoding)
    for piece in pieces:
        yield taken.feed(piece)
    yield taken.close()


class _Plain:
    def feed(self, piece: bytes) -> bytes:
        return piece

    def close(self) -> bytes:
        return b""


class _Base64:
    """Knows base64 from what is none (RFC 2045 section 6.8), stricter than most."""

    def __init__(self) -> None:
        self._held = b""
        self._padded = False

    def feed(self, piece: bytes) -> bytes:
        data = self._held + piece.translate(None, _SPACE)
        whole = len(data) // 4 * 4
        packed, self._held = data[:whole], data[whole:]
        bare = packed.rstrip(b"=")
        after = bool(data) and self._padded
        self._padded = self._padded or len(bare) < len(packed)
        rest = (bare + self._held).translate(None, _ALPHABET)
        surplus = len(packed) - len(bare) > _MOST_PADDING
        if after or surplus or rest.strip(b"=") or b"=" in bare:
            raise ValueError("is not base64")
        return a2b_base64(packed)

    def close(self) -> bytes:
        if self._held:
            raise ValueError("is not base64")
        return b""


class _Printable:
    """Says the same as `a2b_qp` of the whole."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, piece: bytes) -> bytes:
        data = self._held + piece
        if soft := _SOFT.search(data, data.rfind(b"\n") + 1):
            # Whatever is left of this line counts for nothing.
            self._held = b"=\r"
            return a2b_qp(data[: soft.start(1)])
        whole = len(data) - _open(data)
        self._held = data[whole:]
        return a2b_qp(data[:whole])

    def close(self) -> bytes:
        return a2b_qp(self._held)


def _open(data: bytes) -> int:
    """Return how many bytes at the end may go on: "=", or "=" and one more."""
    for length, last in ((1, data), (2, data[:-1])):
        signs = len(last) - len(last.rstrip(b"="))
        if signs % 2 and not (length > 1 and data.endswith(b"\n")):
            return length
    return 0
