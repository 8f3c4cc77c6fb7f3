"""The envelope that a finished mail comes in: it decides who receives, not the header.

Whom a header names and the envelope does not, leaves To and Cc; what was said of them
stays readable in X-Original-To.
"""

from collections.abc import Iterator, Sequence

from portal.errors import InvalidMessage, Problem
from portal.mail.message import Address
from portal.mail.message.address import checked, folded
from portal.mail.message.problems import crowd
from portal.mail.mime import header
from portal.mail.mime.edit import Edit, crlf
from portal.mail.mime.tree import Field, Part, limit

ORIGINAL = "X-Original-To"
MOST_LISTED = 5000  # in a header; each is looked for in the envelope

_SHOWN = ("to", "cc")


class Recipients:
    """Whom the envelope names, each once, however often and however written."""

    def __init__(self, listed: Sequence[str]) -> None:
        """Check them; raise InvalidMessage, which names every wrong one."""
        problems = crowd(len(listed))
        self._known: dict[str, Address] = {}
        for number, text in enumerate(listed if not problems else ()):
            try:
                address = checked(Address(address=text))
            except ValueError as error:
                field = f"recipients[{number}]"
                problems.append(Problem(field=field, reason=str(error)))
            else:
                self._known.setdefault(folded(address.address), address)
        if problems:
            raise InvalidMessage(problems)

    def find(self, address: Address) -> Address | None:
        """Return who that is among them, or None."""
        if known := self._known.get(folded(address.address)):
            return known
        if address.address.isascii():
            return None
        try:
            return self._known.get(folded(checked(address).address))
        except ValueError:
            return None

    def named(self, root: Part, name: str) -> tuple[Address, ...]:
        """Return those of them whom a header names in the fields of a name."""
        found = [self.find(each) for each in _listed(root, name)]
        return tuple(each for each in found if each)

    def unseen(self, root: Part) -> tuple[Address, ...]:
        """Return those of them whom nobody sees in the header."""
        seen = {each for name in _SHOWN for each in self.named(root, name)}
        return tuple(each for each in self._known.values() if each not in seen)

    def differs(self, root: Part) -> bool:
        """Tell whether the header, Bcc included, names somebody else or not all."""
        listed = [each for name in (*_SHOWN, "bcc") for each in _listed(root, name)]
        found = [self.find(each) for each in listed]
        return None in found or {*found} != {*self._known.values()}

    def kept(self, raw: bytes, root: Part) -> Iterator[Edit]:
        """Yield the changes after which To and Cc name nobody else."""
        for field in root.fields:
            if field.name in _SHOWN:
                yield from self._kept(raw, field)

    def _kept(self, raw: bytes, field: Field) -> Iterator[Edit]:
        written = crlf(raw[field.start : field.end]).partition(b":")[2]
        entries = header.entries(written)
        kept = [text for text, address in entries if self.find(address)]
        gone = [text for text, address in entries if not self.find(address)]
        if gone:
            name = raw[field.start :][: len(field.name)]
            new = _field(name, kept) + _field(ORIGINAL.encode(), gone)
            yield Edit(start=field.start, end=field.end, new=new)


def _listed(root: Part, name: str) -> list[Address]:
    listed = [each for value in root.values(name) for each in header.addresses(value)]
    limit(f"recipients in {name.capitalize()}", len(listed), MOST_LISTED)
    return listed


def _field(name: bytes, entries: Sequence[bytes]) -> bytes:
    return b"%b: %b\r\n" % (name, b",\r\n ".join(entries)) if entries else b""
