"""Forms as programs send them: a message, and its files beside it."""

import json
from collections.abc import Iterable

BOUNDARY = "----form"
FORM = f"multipart/form-data; boundary={BOUNDARY}"


def part(body: bytes, name: str = "message", **fields: str) -> bytes:
    """Write one part of a form; `filename` makes it a file."""
    disposition = f'form-data; name="{name}"'
    if "filename" in fields:
        disposition += f'; filename="{fields.pop("filename")}"'
    lines = {"Content-Disposition": disposition} | {
        name.replace("_", "-"): value for name, value in fields.items()
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"--{BOUNDARY}\r\n{head}\r\n".encode() + body + b"\r\n"


def said(**fields: object) -> bytes:
    """Write the part that is the message."""
    return part(json.dumps({"to": "jane@example.com", **fields}).encode())


def form(*parts: bytes) -> bytes:
    return b"".join([*parts, f"--{BOUNDARY}--\r\n".encode()])


def long_form(pieces: Iterable[bytes]) -> Iterable[bytes]:
    """Write a form with one long file, piece by piece."""
    yield said(text="Hi")
    yield part(b"", "file", filename="long.bin").removesuffix(b"\r\n")
    yield from pieces
    yield b"\r\n" + form()
