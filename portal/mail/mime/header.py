"""Header fields, written and read (RFC 5322, RFC 2047, RFC 2231).

Python's own writer breaks long message ids and drops quotes when it folds, depending on
its version; ours is small and encodes no more than it must.
"""

import codecs
import re
from base64 import b64encode
from binascii import Error, a2b_base64, a2b_qp
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from portal.mail.message.address import Address
from portal.mail.message.line import NOT_IN_LINE

_LINE = 76  # RFC 2047 section 2
_LONGEST_LINE = 998  # RFC 5322 section 2.1.1
_WORD = 60  # base64 characters in an encoded word, of 75 (RFC 2047 section 2)
_LONGEST_LABEL = len("Reply-To")
_SHORTEST_WORD = 6  # bytes
_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9'&+_-]+)*")
_FILE_NAME = re.compile(r"[ !#-\[\]-~]*")
_ENCODED = re.compile(r"=\?([^?\s*]+)(?:\*[^?\s]*)?\?([BbQq])\?([^?\s]*)\?=")
_BETWEEN = re.compile(r"(\?=)[ \t]+(?==\?[^?\s]+\?[BbQq]\?)")
_UNSEEN = re.compile(rf"[{NOT_IN_LINE}\ud800-\udfff]+")
_SURROGATES = re.compile("[\ud800-\udfff]")
_NO_CHARSETS = {
    *("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"),
}
_MARK = re.compile(r'"(?:[^"\\]|\\.)*"|<[^<>]*>|[^"<>(),;:\\]+|\\?.', re.DOTALL)
_NAMED = re.compile(r"(.*?)<([^<>]*)>", re.DOTALL)


def field(name: str, text: str) -> bytes:
    """Return one header field, encoded where ASCII does not do."""
    folded = _folded(f"{name}: {text}")
    longest = max(len(line) for line in folded.split("\r\n"))
    if _bare(text) and longest <= _LONGEST_LINE:
        return f"{folded}\r\n".encode()
    return f"{name}: {_encoded(text, len(name))}\r\n".encode()


def address_field(name: str, addresses: Iterable[Address]) -> bytes:
    """Return one header field of addresses, each on its own line."""
    shown = ",\r\n ".join(_mailbox(address) for address in addresses)
    return f"{name}: {shown}\r\n".encode()


def file_name(name: str) -> str:
    """Return the parameter of Content-Disposition that says a file's name."""
    if _FILE_NAME.fullmatch(name) and "=?" not in name:
        return f'filename="{name}"'
    # RFC 2231 section 3: a long value goes on in numbered pieces.
    pieces = [quote(piece, safe="") for piece in _pieces(name, 18, 18)]
    if len(pieces) == 1:
        return f"filename*=utf-8''{pieces[0]}"
    numbered = [f"filename*{n}*={piece}" for n, piece in enumerate(pieces)]
    numbered[0] = numbered[0].replace("=", "=utf-8''", 1)
    return ";\r\n ".join(numbered)


def text(value: bytes) -> str:
    """Return what a header says, on one line."""
    return _seen(_decoded(value.decode("utf-8", "replace")))


def addresses(value: bytes) -> list[Address]:
    """Return what a header of addresses lists; nothing of it is checked."""
    return [address for _, address in entries(value)]


def entries(value: bytes) -> list[tuple[bytes, Address]]:
    """Return each entry of a header of addresses, as it stands there and as it reads.

    Names of groups are no part of them.
    """
    text = value.decode("utf-8", "surrogateescape")
    return [(_bytes(whole), _address(_text(bare))) for whole, bare in _split(text)]


def charset_text(data: bytes, charset: str) -> str:
    """Return bytes as text, as well as the charset allows."""
    try:
        text = _decoded_in(charset or "utf-8", data, "replace")
    except (LookupError, ValueError):
        return data.decode("latin-1")
    return _SURROGATES.sub("\ufffd", text)


def known_text(data: bytes, charset: str) -> str | None:
    """Return bytes as text; None if the charset does not hold."""
    try:
        text = _decoded_in(charset, data, "strict")
    except (LookupError, ValueError):
        return None
    return None if _SURROGATES.search(text) else text


def _decoded_in(charset: str, data: bytes, errors: str) -> str:
    # Python knows codecs by name that no mail is written in, and that need hours for
    # some megabytes.
    if codecs.lookup(charset).name.replace("_", "-") in _NO_CHARSETS:
        raise LookupError(charset)
    return data.decode(charset, errors)


def _bare(text: str) -> bool:
    return text.isascii() and "=?" not in text and text == text.strip()


def _folded(line: str) -> str:
    # Never after the colon: some readers take the fold for a space of the value.
    first, *words = re.findall(r"[^ ]+: *[^ ]*| *[^ ]+", line)
    lines = [first]
    for word in words:
        if len(lines[-1]) + len(word) > _LINE:
            lines.append(word)
        else:
            lines[-1] += word
    return "\r\n".join(lines)


def _encoded(text: str, used: int = 0) -> str:
    """Return encoded words, the first on a line where so much is used already."""
    first = max((_WORD - used) // 4 * 3, _SHORTEST_WORD)
    words = [b64encode(piece.encode()).decode() for piece in _pieces(text, first)]
    return "\r\n ".join(f"=?utf-8?b?{word}?=" for word in words)


def _pieces(text: str, first: int, most: int = _WORD // 4 * 3) -> Iterator[str]:
    """Cut a text into pieces of so many bytes of UTF-8, never inside a character."""
    piece = ""
    room = first
    for character in text:
        room -= len(character.encode())
        if room < 0:
            yield piece
            piece = ""
            room = most - len(character.encode())
        piece += character
    yield piece


def _mailbox(address: Address) -> str:
    name = address.name
    if not name:
        return address.address
    if not name.isascii() or "=?" in name:
        return f"{_encoded(name, _LONGEST_LABEL)}\r\n <{address.address}>"
    if _PHRASE.fullmatch(name):
        return f"{name} <{address.address}>"
    return str(address)


def _decoded(text: str) -> str:
    # Adjacent words are one text, and a character may be cut between two of them.
    runs = re.compile(rf"(?:{_ENCODED.pattern})+")
    return runs.sub(lambda run: _run(run[0]), _BETWEEN.sub(r"\1", text))


def _run(words: str) -> str:
    decoded = ""
    pending, charset = b"", ""
    for found in _ENCODED.finditer(words):
        if found[1].lower() != charset:
            decoded += charset_text(pending, charset)
            pending, charset = b"", found[1].lower()
        pending += _unpacked(found[2], found[3])
    return decoded + charset_text(pending, charset)


def _unpacked(encoding: str, word: str) -> bytes:
    if encoding in "Qq":
        return a2b_qp(word.encode(), header=True)
    try:
        return a2b_base64(word.encode())
    except Error:
        return word.encode()


def _seen(text: str) -> str:
    return _UNSEEN.sub(" ", text).strip()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _text(text: str) -> str:
    return _bytes(text).decode("utf-8", "replace")


def _split(text: str) -> Iterator[tuple[str, str]]:
    """Cut a list at its commas, without names of groups; with comments and without.

    Nothing is kept of what is empty: a header may have a million commas.
    """
    whole: list[str] = []
    bare: list[str] = []
    group = at = False
    for mark, comment in _marks(text):
        # A group is `name: one, two;` and its name is no address.
        opens = mark == ":" and not (comment or group or at)
        group = (group or opens) and (comment or mark != ";")
        ends = mark in ",;" and not comment
        if ends:
            yield from _entry(whole, bare)
        if opens or ends:
            whole, bare, at = [], [], False
        else:
            whole.append(mark)
            bare += [] if comment else [mark]
            at = at or ("@" in mark and not comment)
    if group:
        bare.append(":")  # it never ended: no address either
    yield from _entry(whole, bare)


def _entry(whole: Sequence[str], bare: Sequence[str]) -> Iterator[tuple[str, str]]:
    if without := "".join(bare).strip():
        yield "".join(whole).strip(), without


def _marks(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the marks of a header, and whether each belongs to a comment."""
    depth = 0
    for mark in _MARK.findall(text):
        depth += mark == "("
        yield mark, depth > 0 or mark == ")"
        depth = max(depth - (mark == ")"), 0)


def _address(text: str) -> Address:
    named = _NAMED.fullmatch(text)
    name, address = (named[1], named[2]) if named else ("", text)
    # A pair outside quotes opens none: nothing is looked at once for each of them.
    name = re.sub(r'\\.|"((?:[^"\\]|\\.)*)"', _unquoted, name.strip())
    return Address(name=_seen(_decoded(name)), address=address.strip())


def _unquoted(found: re.Match[str]) -> str:
    if found[1] is None:
        return found[0]
    return re.sub(r"\\(.)", r"\1", found[1])
