"""A mail with files beside it, put together piece by piece and never whole in memory.

Written by hand: the stdlib takes seconds to encode a file of 100 MB, and all of it.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from email import policy
from email.message import EmailMessage
from typing import Any

from portal.sandbox.mailbox import mime
from portal.sandbox.mailbox.files import Kept
from portal.sandbox.mailbox.mime import File, Label

LINE_BYTES = 57  # become a line of 76 letters
LINE = 76
BLOCK_BYTES = LINE_BYTES * 1024

Attached = File | Kept
Piece = bytes | Attached  # what is there already, or a file yet to be encoded


def enclose(source: bytes, files: Sequence[Attached]) -> list[Piece]:
    """Return a finished mail with files beside it; its own parts stay untouched.

    Pictures that its HTML may show are related to it, all other files are beside that.
    """
    if not files:
        return [source]
    headers, body = mime.split(source)
    outer = [line for name, line in headers if not _of_content(name)]
    inner = [line for name, line in headers if _of_content(name)]
    whole: list[Piece] = [*inner, b"\r\n", body]
    # The same whenever it is asked for, and nothing can hold the hash of itself.
    boundary = hashlib.sha256(source).hexdigest()
    for kind in ("related", "mixed"):
        some = [each for each in files if _shown_within(each) == (kind == "related")]
        if some:
            whole = _multipart(kind, f"{boundary[:24]}-{kind}", whole, some)
    return [*outer, b"MIME-Version: 1.0\r\n", *whole]


def ordered(files: Sequence[Kept]) -> list[Kept]:
    """Return files in the order in which a mail has them."""
    return sorted(files, key=lambda each: not _shown_within(each))


def size(pieces: Iterable[Piece]) -> int:
    """Return how many bytes a mail has."""
    return sum(
        len(each) if isinstance(each, bytes) else _encoded_size(each.size)
        for each in pieces
    )


def written(pieces: Iterable[Piece]) -> Iterator[bytes]:
    """Return the bytes of a mail, some at a time."""
    for each in pieces:
        if isinstance(each, bytes):
            yield each
        else:
            yield from _encoded(each.read())


def described(file: Kept) -> dict[str, Any]:
    """Return what the pages and tests want to see of a file, as of a part of a mail."""
    return {
        "name": file.name,
        "type": _content_type(file),
        "size": file.size,
        "sha256": file.sha256,
        "inline": file.inline,
        "content_id": file.content_id,
    }


def _of_content(name: str) -> bool:
    return name.lower().startswith("content-") or name.lower() == "mime-version"


def _shown_within(file: Label) -> bool:
    return file.inline and bool(file.content_id)


def _multipart(
    kind: str, boundary: str, first: list[Piece], files: Sequence[Attached]
) -> list[Piece]:
    line = f"\r\n--{boundary}".encode()
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n'.encode()
    whole: list[Piece] = [head, line, b"\r\n", *first]
    for file in files:
        whole += [line, b"\r\n", _head(file), file]
    return [*whole, line, b"--\r\n"]


def _head(file: Label) -> bytes:
    head = EmailMessage(policy=policy.SMTP)
    head["Content-Type"] = _content_type(file)
    head["Content-Transfer-Encoding"] = "base64"
    disposition = "inline" if file.inline else "attachment"
    head.add_header("Content-Disposition", disposition, filename=file.name)
    if file.content_id:
        head["Content-ID"] = f"<{file.content_id}>"
    return head.as_bytes()


def _content_type(file: Label) -> str:
    kind = file.content_type.partition(";")[0].strip()
    valid = re.fullmatch(r"(?!multipart|message)[\w.+-]+/[\w.+-]+", kind)
    return kind if valid else "application/octet-stream"


def _encoded(pieces: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        have = rest + piece
        whole = len(have) - len(have) % LINE_BYTES
        for at in range(0, whole, BLOCK_BYTES):
            yield _lines(have[at : min(at + BLOCK_BYTES, whole)])
        rest = have[whole:]
    if rest:
        yield _lines(rest)


def _lines(block: bytes) -> bytes:
    text = b64encode(block)
    lines = [text[at : at + LINE] for at in range(0, len(text), LINE)]
    return b"\r\n".join([*lines, b""])


def _encoded_size(size: int) -> int:
    letters = -(-size // 3) * 4
    return letters + -(-letters // LINE) * len("\r\n")
