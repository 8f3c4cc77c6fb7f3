"""Whether Graph's JSON carried a mail, and whether the journal tells what is lost."""

import re
from collections.abc import Mapping
from dataclasses import replace
from email import message_from_bytes
from email.message import Message
from hashlib import sha256
from typing import Any
from urllib.parse import unquote

from tests.corpus.journey import Arrived
from tests.corpus.reading import (
    ADDED,
    PEOPLE,
    REWRITTEN,
    Leaf,
    canonical,
    content,
    decoded,
    headers,
    lines,
    parts,
)

# Graph has a field for these, or Exchange writes them itself.
FIELDS = {
    *(*REWRITTEN, *ADDED, "received"),
    *("importance", "priority", "x-priority", "x-msmail-priority"),
}
TEXTS = ("text/plain", "text/html")


def lost(raw: bytes, arrived: Arrived) -> list[str]:
    """Tell what neither arrived nor is told to be missing."""
    if arrived.source is None:
        return [f"{arrived.record.state}: {arrived.record.reason}"]
    raw = canonical(raw)
    return [*_headers(raw, arrived), *_body(raw, arrived), *_files(raw, arrived)]


def _headers(raw: bytes, arrived: Arrived) -> list[str]:
    said, says = headers(raw), headers(arrived.source or b"")
    wrong = []
    for name, values in said.items():
        came, wanted = "\n".join(says.get(name, [])), "\n".join(values)
        told = f"the header {name}" in arrived.record.reason.lower()
        crowd = "other headers (" in arrived.record.reason
        if name in PEOPLE:
            came, wanted = _people(came), _people(wanted)
        if name not in FIELDS and came != wanted and not (told or crowd):
            wrong.append(f"{name}: {wanted!r} became {came!r}")
    return wrong


def _people(text: str) -> str:
    """Return them in one line; the sandbox gives no name to an address in UTF-8."""
    line = text.replace("\n", "; ")
    return re.sub(r"[^;<]*(?=<[^<>@]*[^ -~])", " ", line)


def _body(raw: bytes, arrived: Arrived) -> list[str]:
    chosen = _chosen(raw)
    came = content(next(parts(message_from_bytes(arrived.source or b""))))
    wanted = content(chosen) if chosen else b""
    return [] if came == wanted else [f"body: {wanted!r} became {came!r}"]


def _files(raw: bytes, arrived: Arrived) -> list[str]:
    came = sorted((_described(each) for each in arrived.files), key=_by_content)
    wanted = sorted((_file(part, _page(raw)) for part in _beside(raw)), key=_by_content)
    if len(wanted) == len(came) and all(map(_same, wanted, came)):
        return []
    return [f"files: {wanted} became {came}"]


def _by_content(leaf: Leaf) -> str:
    return leaf.sha256


def _same(wanted: Leaf, came: Leaf) -> bool:
    # The parser that reads the mail here knows no bare UTF-8, and a name is no path.
    name = re.split(r"[/\\\r\n\ufffd]", wanted.name)[-1]
    named = came.name.endswith(name) if name != wanted.name else came.name == name
    return replace(wanted, name="") == replace(came, name="") and (named or not name)


def _described(file: Mapping[str, Any]) -> Leaf:
    return Leaf(
        type=file["type"],
        name=file["name"],
        content_id=file["content_id"] or "",
        sha256=file["sha256"],
    )


def _file(part: Message, page: str) -> Leaf:
    content_id = str(part.get("content-id", "")).strip().strip("<>")
    kind = part.get_content_type()
    return Leaf(
        # Exchange, too, sends a mail as a plain file: RFC 2046 section 5.2.1.
        type="application/octet-stream" if kind.startswith("message/") else kind,
        name=decoded(part.get_filename() or ""),
        content_id=content_id if f"cid:{content_id}" in unquote(page) else "",
        sha256=sha256(_bytes(part)).hexdigest(),
    )


def _bytes(part: Message) -> bytes:
    if part.is_multipart():
        return lines(part.get_payload()[0].as_bytes())  # type: ignore[index,union-attr]
    data = part.get_payload(decode=True)
    assert isinstance(data, bytes)
    return data


def _page(raw: bytes) -> str:
    chosen = _chosen(raw)
    return _bytes(chosen).decode("utf-8", "replace") if chosen else ""


def _shown(raw: bytes) -> list[Message]:
    """Return the texts that are no files and not blank."""
    return [
        part
        for part in parts(message_from_bytes(raw))
        if part.get_content_type() in TEXTS
        and part.get_filename() is None
        and part.get_content_disposition() != "attachment"
        and content(part).strip()
    ]


def _chosen(raw: bytes) -> Message | None:
    shown = _shown(raw)
    pages = [part for part in shown if part.get_content_type() == "text/html"]
    return next(iter([*pages, *shown]), None)


def _beside(raw: bytes) -> list[Message]:
    """Return all parts that are not the body, nor say in plain text what it says."""
    chosen, shown = _chosen(raw), _shown(raw)
    said = [_bytes(chosen)] if chosen else []
    if chosen not in shown[:1] and b"/alternative" in raw:
        said.append(_bytes(shown[0]))
    return [
        part
        for part in parts(message_from_bytes(raw))
        if part.get_content_type() not in TEXTS
        or (_bytes(part).strip() and _bytes(part) not in said)
    ]
