"""An address: one mailbox, perhaps with the name people see."""

import re
from dataclasses import dataclass

import email_validator

from portal.mail.message.line import one_line
from portal.mail.spelling import ANY, folded, same

__all__ = ["Address", "checked", "folded", "read", "same", "sender"]

# The library refuses these by default. They never leave an organization, but inside
# one they do: Active Directory domains often end in .local.
_INTERNAL = {"local", "test", "localhost"}
email_validator.SPECIAL_USE_DOMAIN_NAMES[:] = [
    name for name in email_validator.SPECIAL_USE_DOMAIN_NAMES if name not in _INTERNAL
]

# No two parts of it may fit the same space: a text of many would be tried for minutes.
_NAMED = re.compile(
    r'(?:"(?P<quoted>(?:[^"\\]|\\.)*)"\s*|(?P<plain>[^"<>@,;\\]*))'
    r"<(?P<address>[^<>]*)>"
)
_LONGEST_TEXT = 1000  # a name in quotes, an address, and some space
_LONGEST_NAME = 256
_LONGEST_ADDRESS = 254  # RFC 5321 section 4.5.3.1.3, without the angle brackets


@dataclass(frozen=True, kw_only=True)
class Address:
    """One mailbox; `read` makes one that is checked."""

    address: str
    name: str = ""  # what people see; may be empty

    def __str__(self) -> str:
        if not self.name:
            return self.address
        quoted = self.name.replace("\\", r"\\").replace('"', r"\"")
        return f'"{quoted}" <{self.address}>'


def read(text: str) -> Address:
    """Read `jane@x.example` or `Jane <jane@x.example>`; raise ValueError saying why."""
    text = one_line(text).strip()
    if len(text) > _LONGEST_TEXT:
        raise ValueError(f"is longer than {_LONGEST_TEXT} characters")
    if named := _NAMED.fullmatch(text):
        plain, quoted = named["plain"], named["quoted"]
        name = plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        return checked(Address(name=name.strip(), address=named["address"].strip()))
    if text.endswith(">"):
        raise ValueError("must be one address; a name with , ; @ belongs in quotes")
    return checked(Address(address=text))


def checked(address: Address) -> Address:
    """Return it in canonical form; raise ValueError saying what is wrong with it."""
    name = one_line(address.name)
    if len(name) > _LONGEST_NAME:
        raise ValueError(f"has a name of more than {_LONGEST_NAME} characters")
    try:
        found = email_validator.validate_email(
            one_line(address.address), check_deliverability=False, strict=True
        )
    except email_validator.EmailNotValidError as error:
        # What follows a colon repeats characters of the address.
        why = str(error).split(":")[0].rstrip(".")
        raise ValueError(f"is not an email address: {why}") from None
    # Punycode where it is enough: then no server on the way needs SMTPUTF8.
    canonical = f"{found.local_part}@{found.ascii_domain}"
    if len(canonical.encode()) > _LONGEST_ADDRESS:
        raise ValueError(f"is longer than {_LONGEST_ADDRESS} characters")
    return Address(name=name, address=canonical)


def sender(text: str) -> str:
    """Read an address, or a domain with or without @; raise ValueError saying why not.

    A domain is returned with @ before it.
    """
    local, _, domain = text.strip().rpartition("@")
    if local:
        return read(text).address
    try:
        whole = checked(Address(address=f"any@{domain}")).address
    except ValueError:
        raise ValueError("is neither an address nor a domain") from None
    return ANY + folded(whole.rpartition("@")[2])
