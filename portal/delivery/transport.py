"""The contract of a transport: two methods, and nothing raised but the four.

`deliver` hands a message over and returns Accepted, or raises Deferred, Rejected,
Withheld or Unsure. `look_up` finds out what became of an attempt whose answer was lost.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from portal.errors import Answer, Deferred
from portal.explanations import Explanation
from portal.mail.transfers import Transfer


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """A message on its way: pinned to an account and a From, its content at hand."""

    message_id: UUID
    account_id: UUID
    connection_id: UUID | None  # the consent that it leaves by; None: it needs none
    sender: str  # the From that it leaves with
    envelope: tuple[str, ...]  # everybody who receives it, bcc among them
    return_path: str  # where what cannot be delivered is reported
    notice: bool  # of what happened to a mail: its own failure is not to be reported
    bcc: tuple[str, ...]
    internet_message_id: str
    attempt: int  # 1 for the first
    draft_id: str  # what an earlier attempt left at the other side; "" for nothing
    draft_begun: bool  # and may have sent
    unnamed_since: datetime | None  # there may be a draft whose id nobody knows
    catch_all: bool  # its account sends from other mailboxes as well
    proven: bool  # and has done so
    accepted_at: datetime  # by us
    large_attachments: bool  # the account may use what they need
    skeleton: bytes = field(repr=False)
    sizes: tuple[int, ...]  # bytes of attachment 1, 2, …, as it is stored
    part: Callable[[int], Iterable[bytes]] = field(repr=False)  # of attachment 1, 2, …
    transfers: tuple[Transfer, ...] = ()  # of the files that go beside its draft


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What is known of an attempt whose answer was lost."""

    message_id: UUID
    account_id: UUID
    sender: str  # the From that it left with
    internet_message_id: str
    mailbox: str  # key of the lane that it left by
    draft_id: str  # "" if it became none
    large_attachments: bool  # as the parcel's
    accepted_at: datetime  # by us
    connected: bool  # its account can send at all


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """The other side has taken it."""

    answer: Answer
    note: str = ""  # what was left out or changed on the way


@dataclass(frozen=True, kw_only=True)
class NotSent:
    """Surely not accepted: it may go again."""

    draft_id: str = ""  # what it became at the other side, and goes on from


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """Not found out; `final` if asking again cannot help."""

    reason: str
    final: bool = False
    cause: str = ""  # the name of its explanation


def unknown(why: Explanation, *, final: bool = False) -> Unknown:
    return Unknown(reason=why.sentence, final=final, cause=why.name)


class Progress(Protocol):
    """What a transport tells on its way; each call is one short transaction."""

    def begin(self) -> None:
        """Say that sending begins; raise Deferred if the lease is too short for it."""

    def prepare(self, draft_id: str = "") -> None:
        """Say that nothing is sent yet, and what is there to go on from.

        Extends the lease. Until `begin`, whoever vanishes has sent nothing.
        """

    def create(self) -> None:
        """Say that a draft is asked for, or that nobody knows whether it was made.

        Until `prepare` names it there may be one. Extends the lease.
        """

    def forgo(self) -> None:
        """Say that the draft that was asked for was surely not made."""

    def breathe(self) -> None:
        """Say that it goes on, as often as that is so. Extends the lease in time."""

    def divide(self, recipients: Sequence[str], error: Deferred) -> None:
        """Say whom it is not sent to yet: they wait as a message of their own."""

    def charge(self, requests: int = 1) -> None:
        """Say how many requests follow that the claim has not paid for."""

    def weigh(self, size: int) -> None:
        """Say how many bytes the first request has, which is charged for once.

        Raises Deferred if the mailbox may not take so many now.
        """

    def upload(self, size: int) -> None:
        """Say that a request with so many bytes of a file follows. Extends the lease.

        Each is charged for itself; raises Deferred as `weigh` does.
        """

    def plan(self, sizes: Mapping[int, int]) -> None:
        """Say which files go beside a new draft, by number and bytes.

        Extends the lease, as what follows does.
        """

    def enclose(self, inside: int) -> None:
        """Say how many files the draft has got before those. Extends the lease."""

    def go_on(self, transfer: Transfer) -> None:
        """Say from where, and to which address, a file goes on. Extends the lease."""

    def advance(self, part: int, received: int) -> None:
        """Say how many bytes of a file have come. Extends the lease."""


class Transport(Protocol):
    """One way out."""

    def deliver(self, parcel: Parcel, progress: Progress) -> Accepted: ...

    def look_up(self, attempt: Attempt) -> Accepted | NotSent | Unknown: ...
