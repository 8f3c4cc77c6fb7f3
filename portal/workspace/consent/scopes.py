"""Which permissions are asked for, and which of them an account cannot do without."""

from portal.workspace.accounts.servers import Provider

IDENTITY = frozenset({"offline_access", "openid", "profile", "email"})
SEND = frozenset({"Mail.Send"})
READ = frozenset({"Mail.ReadWrite"})
# Of Exchange it is never asked for beside Graph's; Gmail has one for all of a mailbox.
SUBMIT = {
    Provider.MICROSOFT: frozenset({"SMTP.Send"}),
    Provider.GOOGLE: frozenset({"https://mail.google.com/"}),
}
# Google gives lasting access by how it is asked (access_type), not for a permission.
WHO = {
    Provider.MICROSOFT: IDENTITY,
    Provider.GOOGLE: frozenset({"openid", "email"}),
}


def wanted(*, large: bool) -> frozenset[str]:
    """Name what is asked for: what we need, and the same for shared mailboxes."""
    needed = needed_for(large=large, own=True)
    return needed | _shared(needed) | IDENTITY


def needed_for(*, large: bool, own: bool) -> frozenset[str]:
    """Name what sending needs: more if From is not the mailbox's own address.

    Only what sends is then `.Shared`: a draft is made in the mailbox of who signed in,
    whatever its From is, so no Mail.ReadWrite.Shared is ever spent.
    """
    needed = SEND if own else SEND | _shared(SEND)
    return needed | READ if large else needed


def reads(granted: frozenset[str]) -> bool:
    """Tell whether drafts can be made, and mail looked up, in the own mailbox."""
    return not lacking(granted, READ)


def missing(granted: frozenset[str], *, large: bool, own: bool) -> frozenset[str]:
    """Tell which permissions are not among those granted by a consent.

    It has to bring whatever belongs to From; what is spent later may be less.
    """
    needed = needed_for(large=large, own=True)
    return lacking(granted, needed if own else needed | _shared(needed))


def wanted_to_submit(provider: Provider) -> frozenset[str]:
    """Name what is asked for by SMTP: one permission for all that a user may open."""
    return SUBMIT[provider] | WHO[provider]


def missing_to_submit(granted: frozenset[str], provider: Provider) -> frozenset[str]:
    """Tell what of it an account cannot do without and was not granted."""
    return lacking(granted, SUBMIT[provider])


def lacking(granted: frozenset[str], needed: frozenset[str]) -> frozenset[str]:
    """Tell which permissions are needed and not granted, however they are spelled."""
    known = {name.casefold() for name in granted}
    return frozenset(name for name in needed if name.casefold() not in known)


def _shared(names: frozenset[str]) -> frozenset[str]:
    return frozenset(f"{name}.Shared" for name in names)
