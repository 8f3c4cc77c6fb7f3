"""Preflight: what can be found out about a From address before a mail is sent.

Which kind of address it seems to be, by which road it can leave, which right that takes
and the line of PowerShell that gives it. Only a mail that Microsoft accepts proves it.
"""

from dataclasses import dataclass
from enum import StrEnum

from portal import config, db
from portal.errors import Deferred, Withheld
from portal.explanations.graph import SPREADING
from portal.mail.outbox import claims
from portal.microsoft import addresses, problems
from portal.microsoft.addresses import Reach
from portal.microsoft.identity import NAME
from portal.workspace import tokens
from portal.workspace.accounts import Account
from portal.workspace.connections import Connection
from portal.workspace.consent import scopes
from portal.workspace.tokens import Token


class Kind(StrEnum):
    """What an address seems to be."""

    OWN = "own"  # of the mailbox that signed in
    ALIAS = "alias"  # another address of that mailbox
    MAILBOX = "mailbox"  # another one, shared or somebody's
    GROUP = "group"  # or a list, or nothing: it has no mailbox
    OTHER = "other"  # than that mailbox; more cannot be seen


@dataclass(frozen=True, kw_only=True)
class Preflight:
    """What is known of a From address; each is a sentence, or empty."""

    sender: str
    kind: Kind
    seems: str
    road: str
    right: str = ""  # what it takes
    copies: str  # where the sent copy lies
    command: str = ""  # PowerShell that gives the right
    proven: bool = True  # nothing is left that only a mail shows

    @property
    def told(self) -> str:
        """Tell all of it."""
        return " ".join(filter(None, (self.seems, self.road, self.right, self.copies)))


SEEMS = {
    Kind.OWN: "It is the address of the connected mailbox.",
    Kind.ALIAS: "It seems to be an alias of the connected mailbox: recipients see"
    " {shown} instead, unless the organization lets aliases be.",
    Kind.MAILBOX: "It is another mailbox of your organization, such as a shared one.",
    Kind.GROUP: "It has no mailbox of its own: a group or a distribution list, or"
    " nothing at all.",
    Kind.OTHER: "It is not the address of the connected mailbox: a shared mailbox, a"
    " group or an alias. Which one can be seen with large file attachments at most.",
}
WHOLE = "It leaves as it is, in one request; with larger files as a draft."
DRAFTED = "It leaves as a draft whose From is set and read back; nothing is lost."
AS_JSON = (
    "It leaves as Graph's JSON, which carries one body, few headers and at most 4 MB."
    " With large file attachments nothing is lost."
)
PROVEN = "Microsoft has accepted mail from it."
UNPROVEN = (
    "The connected user needs Send As for it, which only a mail proves: send a test"
    " email. If it is refused, this line gives the right."
)
NO_RIGHT = "It needs no right of its own."
OWN_COPY = "The sent copy lies in the Sent Items of the connected mailbox."
BOTH_COPIES = (
    "The sent copy lies in the Sent Items of the connected mailbox; by Set-Mailbox"
    " -Identity {sender} -MessageCopyForSentAsEnabled $true an Exchange admin has one"
    " filed in the shared mailbox too."
)
LET_ALIASES_BE = "Set-OrganizationConfig -SendFromAliasEnabled $true"
APPLICATION = {
    Kind.OWN: "It has a mailbox, which the application may use.",
    Kind.GROUP: "It has no mailbox. By application permission only a mailbox can send;"
    " a group needs a connected user with Send As.",
    Kind.OTHER: "The application could not look into its mailbox, or may not; only a"
    " mail proves that it may send from it.",
}
SMALL = "It leaves as it is, in one request; larger files need large file attachments."
THEIR_COPY = "The sent copy lies in its own Sent Items."
KINDS = {
    Reach.OPEN: Kind.MAILBOX,
    Reach.CLOSED: Kind.MAILBOX,
    Reach.NONE: Kind.GROUP,
    Reach.UNKNOWN: Kind.OTHER,
}
BUSY = "The mailbox is busy sending; please ask again in a minute."


def look(account: Account, sender: str) -> Preflight:
    """Find out what can be known of an address that Graph sends as; sends nothing.

    Opens sessions, for calls to Microsoft lie between them. Raises NotConnected,
    IssuerError or one of the four but Unsure.
    """
    token = tokens.current(account.id)
    if token.connection is None:
        return _by_application(account, sender, token)
    try:
        found = _kind(account, sender, token.connection, token)
    except Withheld as error:
        if token.young and problems.spreads(error.answer):
            raise SPREADING.error(error.answer, issuer=NAME) from error
        raise
    return _told(account, sender, token.connection, found)


def _kind(
    account: Account, sender: str, by: Connection, token: Token
) -> tuple[Kind, str]:
    """Return which kind of address it is, and what recipients see instead."""
    url = config.current().graph_url
    if not _reads(account, by):
        return (Kind.OWN if by.owns(sender) else Kind.OTHER), sender
    _spend(account, addresses.REQUESTS)
    if by.owns(sender):
        addresses.check(url, token.access)
        return Kind.OWN, sender
    shown = addresses.shown_as(url, token.access, sender)
    if by.owns(shown):
        return Kind.ALIAS, shown
    return KINDS[addresses.reach(url, token.access, sender)], sender


def _reads(account: Account, by: Connection) -> bool:
    return account.large_attachments and scopes.reads(by.scopes)


def _spend(account: Account, requests: int) -> None:
    """Take the requests from the mailbox's budget; raise Deferred if it is busy."""
    with db.session() as session:
        if not claims.spare(session, account.id, requests):
            raise Deferred(BUSY)


def _told(
    account: Account, sender: str, by: Connection, found: tuple[Kind, str]
) -> Preflight:
    kind, shown = found
    other = DRAFTED if _reads(account, by) else AS_JSON
    right, command, proven = _right(sender, by, kind)
    copies = BOTH_COPIES if kind == Kind.MAILBOX else OWN_COPY
    return Preflight(
        sender=sender,
        kind=kind,
        seems=SEEMS[kind].format(shown=shown),
        road=WHOLE if kind == Kind.OWN else other,
        right=right,
        copies=problems.spell(copies, sender=sender, username=by.unique),
        command=command,
        proven=proven,
    )


def _right(sender: str, by: Connection, kind: Kind) -> tuple[str, str, bool]:
    """Say what right it takes, how to give it, and whether it is known to be there."""
    if kind == Kind.ALIAS:
        return NO_RIGHT, LET_ALIASES_BE, True
    if kind == Kind.OWN:
        return NO_RIGHT, "", True
    if by.proven_at:
        return PROVEN, "", True
    return UNPROVEN, problems.send_as(sender=sender, username=by.unique), False


def _by_application(account: Account, sender: str, token: Token) -> Preflight:
    """Of what an application sends as, its mailbox alone can be looked at."""
    reach = Reach.UNKNOWN
    if account.large_attachments:
        _spend(account, 1)
        reach = addresses.reach(config.current().graph_url, token.access, sender)
    kind = {Reach.OPEN: Kind.OWN, Reach.NONE: Kind.GROUP}.get(reach, Kind.OTHER)
    return Preflight(
        sender=sender,
        kind=kind,
        seems=APPLICATION[kind],
        road=WHOLE if account.large_attachments else SMALL,
        copies=THEIR_COPY,
        proven=kind == Kind.OWN or bool(account.proven_at),
    )
