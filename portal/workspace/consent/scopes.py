"""Which permissions are asked for, and which of them an account cannot do without."""

IDENTITY = frozenset({"offline_access", "openid", "profile", "email"})
SEND = frozenset({"Mail.Send"})
SEND_LARGE = frozenset({"Mail.Send", "Mail.ReadWrite"})


def wanted(*, large: bool) -> frozenset[str]:
    """Name what is asked for: what we need, and the same for shared mailboxes."""
    needed = needed_for(large=large, own=True)
    return needed | _shared(needed) | IDENTITY


def needed_for(*, large: bool, own: bool) -> frozenset[str]:
    """Name what sending needs: more if From is not the mailbox's own address."""
    needed = SEND_LARGE if large else SEND
    return needed if own else needed | _shared(needed)


def missing(granted: frozenset[str], *, large: bool, own: bool) -> frozenset[str]:
    """Tell which of the needed permissions are not among those granted."""
    known = {name.casefold() for name in granted}
    needed = needed_for(large=large, own=own)
    return frozenset(name for name in needed if name.casefold() not in known)


def _shared(names: frozenset[str]) -> frozenset[str]:
    return frozenset(f"{name}.Shared" for name in names)
