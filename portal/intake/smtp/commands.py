"""What follows MAIL and RCPT: a path, and parameters. Nothing is guessed.

RFC 5321 section 4.1.1, RFC 1870 (SIZE), RFC 6152 (8BITMIME), RFC 6531 (SMTPUTF8) and
RFC 4954 section 5 (AUTH, which says who wrote it: nobody here believes that).
"""

import re
from dataclasses import dataclass

from portal.errors import Refused
from portal.mail.message import Address
from portal.mail.message import address as addresses

_PATH = re.compile(r" ?(?:<(?:@[^<>:]*:)?(?P<path>[^<>]*)>|(?P<bare>[^<>\s]+))(?: +|$)")
_PARAMETER = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9-]*)(?:=(?P<value>[^\s=]+))?")
_BODIES = ("7BIT", "8BITMIME")


class Wrong(Refused):
    """A command that cannot be followed; the message is the whole reply."""


@dataclass(frozen=True, kw_only=True)
class Path:
    """An address as a command gives it, and what is said beside it."""

    address: str
    parameters: dict[str, str | None]  # by upper-case name


def path(command: str, word: str, argument: str | None) -> Path:
    """Read `FROM:<address> NAME=value …`; raise Wrong."""
    syntax = Wrong(f"501 5.5.4 Syntax: {command} {word}:<address>")
    given = argument or ""
    if given[: len(word) + 1].upper() != f"{word}:":
        raise syntax
    found = _PATH.match(given, len(word) + 1)
    if found is None:
        raise syntax
    parameters: dict[str, str | None] = {}
    for each in given[found.end() :].split():
        parameter = _PARAMETER.fullmatch(each)
        if parameter is None or parameter["name"].upper() in parameters:
            raise syntax
        parameters[parameter["name"].upper()] = parameter["value"]
    address = found["bare"] if found["path"] is None else found["path"]
    return Path(address=address, parameters=parameters)


def beyond_ascii(given: dict[str, str | None], most: int) -> bool:
    """Tell whether the parameters of MAIL announce SMTPUTF8; raise Wrong for others.

    A mail has at most so many bytes.
    """
    given = dict(given)
    size, body = given.pop("SIZE", "0") or "", given.pop("BODY", "7BIT") or ""
    given.pop("AUTH", None)
    utf8 = "SMTPUTF8" in given
    if not (size.isascii() and size.isdigit()) or given.pop("SMTPUTF8", None):
        raise Wrong("501 5.5.4 SIZE is a number of bytes, and SMTPUTF8 has no value")
    if body.upper() not in _BODIES:
        raise Wrong(f"501 5.5.4 BODY is one of {', '.join(_BODIES)}")
    if given:
        raise Wrong(f"555 5.5.4 Not known here: {', '.join(given)}")
    if len(size) > len(str(most)) or int(size) > most:
        raise Wrong(f"552 5.3.4 A message has at most {most} bytes")
    return utf8


def mailbox(text: str, *, utf8: bool) -> str:
    """Return an address in canonical form; raise Wrong."""
    if not (text.isascii() or utf8):
        raise Wrong("553 5.6.7 An address beyond ASCII needs SMTPUTF8")
    try:
        return addresses.checked(Address(address=text)).address
    except ValueError as error:
        raise Wrong(f"553 5.1.3 The address {error}") from None
