"""Which permissions are asked for, and which of them an account cannot do without."""

IDENTITY = frozenset({"offline_access", "openid", "profile", "email"})
SEND = frozenset({"Mail.Send"})
SEND_LARGE = frozenset({"Mail.Send", "Mail.ReadWrite"})
SUBMIT = frozenset({"SMTP.Send"})  # of Exchange, never asked for beside Graph's


def wanted(*, large: bool, submits: bool = False) -> frozenset[str]:
    """Name what is asked for: what we need, and the same for shared mailboxes.

    By SMTP there is one permission for all mailboxes that a user may open.
    """
    if submits:
        return SUBMIT | IDENTITY
    needed = needed_for(large=large, own=True)
    return needed | _shared(needed) | IDENTITY


def needed_for(*, large: bool, own: bool) -> frozenset[str]:
    """Name what sending needs: more if From is not the mailbox's own address."""
    needed = SEND_LARGE if large else SEND
    return needed if own else needed | _shared(needed)


def missing(granted: frozenset[str], *, large: bool, own: bool) -> frozenset[str]:
    """Tell which of the needed permissions are not among those granted."""
    return lacking(granted, needed_for(large=large, own=own))


def missing_to_submit(granted: frozenset[str]) -> frozenset[str]:
    """Tell the same of what an account that submits by SMTP needs."""
    return lacking(granted, SUBMIT)


def lacking(granted: frozenset[str], needed: frozenset[str]) -> frozenset[str]:
    """Tell which permissions are needed and not granted, however they are spelled."""
    known = {name.casefold() for name in granted}
    return frozenset(name for name in needed if name.casefold() not in known)


def _shared(names: frozenset[str]) -> frozenset[str]:
    return frozenset(f"{name}.Shared" for name in names)
