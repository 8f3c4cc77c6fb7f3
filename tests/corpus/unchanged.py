"""Whether a mail arrived as it was brought: byte for byte, or in what matters."""

from tests.corpus.journey import Arrived
from tests.corpus.reading import (
    ADDED,
    REWRITTEN,
    apart,
    canonical,
    headers,
    kept,
    leaves,
    name_of,
)


def difference(raw: bytes, arrived: Arrived) -> str:
    """Tell where the bytes differ, but for what Microsoft writes and we add."""
    if arrived.source is None:
        return f"{arrived.record.state}: {arrived.record.reason}"
    wanted = canonical(raw)
    found = _unlike(wanted, arrived.source)
    # The sandbox leaves out empty lines at the very beginning of a body.
    body, came = apart(wanted)[1].lstrip(b"\r\n"), apart(arrived.source)[1]
    return found or ("" if body == came else f"body: {came!r}")


def _unlike(wanted: bytes, came: bytes) -> str:
    ours = (*REWRITTEN, *ADDED)
    if kept(wanted, ours) != kept(came, ours):
        return f"header: {kept(came, ours)}"
    for name in ADDED:
        given, now = _fields(wanted, name), _fields(came, name)
        if len(now) != 1 or (given and given != now):
            return f"{name}: {now}"
    return ""


def _fields(raw: bytes, name: str) -> list[bytes]:
    return [each for each in apart(raw)[0] if name_of(each) == name]


def meaning(raw: bytes, arrived: Arrived) -> str:
    """Tell what a mail says otherwise than it did, however it is written."""
    if arrived.source is None:
        return f"{arrived.record.state}: {arrived.record.reason}"
    said, says = _said(canonical(raw)), _said(arrived.source)
    if said != says:
        return f"headers: {dict(said.items() ^ says.items())}"
    brought, came = leaves(canonical(raw)), leaves(arrived.source)
    return "" if brought == came else f"parts: {brought} became {came}"


def _said(raw: bytes) -> dict[str, str]:
    found = headers(raw)
    ours = {*REWRITTEN, *ADDED}
    return {name: "\n".join(v) for name, v in found.items() if name not in ours}
