"""Senders: what an account may send as, an address or a whole domain each.

A domain is written with @ before it, and stands for whatever address of it.
"""

from collections.abc import Sequence

from portal.mail.spelling import ANY, same


def first(senders: Sequence[str]) -> str | None:
    """Return the first address; None if there are only domains."""
    return next((each for each in senders if not each.startswith(ANY)), None)


def hold(senders: Sequence[str], sender: str) -> bool:
    """Tell whether an address is among them."""
    local, at, domain = sender.rpartition(ANY)
    return bool(local) and (same(sender, *senders) or same(at + domain, *senders))


def told(senders: Sequence[str]) -> str:
    """Tell them to people: "a@x.example, any address @y.example"."""
    anything = f"any address {ANY}"
    return ", ".join(
        each.replace(ANY, anything, 1) if each.startswith(ANY) else each
        for each in senders
    )
