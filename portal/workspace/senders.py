"""Senders: what an account may send as, an address or a whole domain each.

A domain is written with @ before it, and stands for whatever address of it.
"""

from collections.abc import Sequence

from portal.mail.message import Address, address

ANY = "@"


def read(text: str) -> str:
    """Read an address, or a domain with or without @; raise ValueError saying why not.

    A domain is returned with @ before it.
    """
    local, _, domain = text.strip().rpartition("@")
    if local:
        return address.read(text).address
    try:
        whole = address.checked(Address(address=f"any@{domain}")).address
    except ValueError:
        raise ValueError("is neither an address nor a domain") from None
    return ANY + whole.rpartition("@")[2].lower()


def first(senders: Sequence[str]) -> str | None:
    """Return the first address; None if there are only domains."""
    return next((each for each in senders if not each.startswith(ANY)), None)


def hold(senders: Sequence[str], sender: str) -> bool:
    """Tell whether an address is among them."""
    local, at, domain = sender.rpartition(ANY)
    return bool(local) and (
        address.same(sender, *senders) or address.same(at + domain, *senders)
    )


def told(senders: Sequence[str]) -> str:
    """Tell them to people: "a@x.example, any address @y.example"."""
    anything = f"any address {ANY}"
    return ", ".join(
        each.replace(ANY, anything, 1) if each.startswith(ANY) else each
        for each in senders
    )
