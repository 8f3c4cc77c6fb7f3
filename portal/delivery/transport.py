"""The contract of a transport: two methods, and nothing raised but the four.

`deliver` hands a message over and returns Accepted, or raises Deferred, Rejected,
Withheld or Unsure. `look_up` finds out what became of an attempt whose answer was lost.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from portal.errors import Answer


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """A message on its way: pinned to an account and a From, its content at hand."""

    message_id: UUID
    account_id: UUID
    connection_id: UUID | None  # the consent that it leaves by; None: it needs none
    sender: str  # the From that it leaves with
    bcc: tuple[str, ...]
    internet_message_id: str
    skeleton: bytes = field(repr=False)
    sizes: tuple[int, ...]  # bytes of attachment 1, 2, …
    part: Callable[[int], Iterable[bytes]] = field(repr=False)  # of attachment 1, 2, …


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What is known of an attempt whose answer was lost."""

    message_id: UUID
    account_id: UUID
    internet_message_id: str


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """The other side has taken it."""

    answer: Answer
    note: str = ""  # what was left out or changed on the way


@dataclass(frozen=True, kw_only=True)
class NotSent:
    """Surely not accepted: it may go again."""


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """Not found out; `final` if asking again cannot help."""

    reason: str
    final: bool = False


class Progress(Protocol):
    """What a transport tells on its way; each call is one short transaction."""

    def begin(self) -> None:
        """Say that sending begins; raise Deferred if the lease is too short for it."""

    def renew(self) -> None:
        """Say that there was progress, so that the lease goes on."""


class Transport(Protocol):
    """One way out."""

    def deliver(self, parcel: Parcel, progress: Progress) -> Accepted: ...

    def look_up(self, attempt: Attempt) -> Accepted | NotSent | Unknown: ...
