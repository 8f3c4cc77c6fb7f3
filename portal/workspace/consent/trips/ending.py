"""What a trip is for, how somebody came to it, and how it ended."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from portal.errors import Answer


class Purpose(StrEnum):
    """What a trip is for."""

    SIGN_IN = "sign-in"  # to the portal itself
    APPROVE = "approve"  # by the organization's admin, for everybody in it
    CONNECT = "connect"  # by the mailbox's user


class Way(StrEnum):
    """How whoever is on a trip came to it."""

    ADMIN = "admin"  # signed in to the portal
    LINK = "link"  # holds a link, and need not be known here


class Kind(StrEnum):
    """How a trip ended."""

    CONNECTED = "connected"
    PROPOSED = "proposed"  # somebody signed in; it counts when it is confirmed
    APPROVED = "approved"  # Microsoft says so; the next trip proves it
    FAILED = "failed"  # nothing has changed
    REFUSED = "refused"  # whoever signed in is no admin of this portal


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a trip ended, for a page."""

    kind: Kind
    purpose: Purpose
    way: Way
    change_id: UUID | None = None
    title: str = ""
    reason: str = ""
    cause: str = ""  # the name of its explanation
    answer: Answer = Answer()  # of the issuer, if it refused
    username: str = ""  # who signed in, and is not let in
    again: bool = True  # the same may be tried once more

    @property
    def packed(self) -> dict[str, Any]:
        """Return what is kept of it, besides its change."""
        return asdict(self) | {"change_id": None}

    @classmethod
    def read(cls, packed: dict[str, Any], change_id: UUID | None) -> Self:
        known = {
            "kind": Kind(packed["kind"]),
            "purpose": Purpose(packed["purpose"]),
            "way": Way(packed["way"]),
            "change_id": change_id,
            "answer": Answer(**packed["answer"]),
        }
        return cls(**packed | known)
