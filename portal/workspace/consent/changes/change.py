"""A pending change: its row, how far it has come, and what can be told of it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from portal import db
from portal.errors import PortalError
from portal.explanations import Told, tell
from portal.workspace.accounts.servers import Provider
from portal.workspace.consent import scopes
from portal.workspace.consent.proposals import Proposal


class Outcome(StrEnum):
    """How a pending change ended."""

    APPLIED = "applied"
    REPLACED = "replaced"  # by a newer one for the same account
    DISCARDED = "discarded"
    RESET = "reset"


class Stage(StrEnum):
    """How far a pending change has come."""

    ASKED = "asked"
    WAITING = "waiting"  # Microsoft wants an admin of the organization
    APPROVED = "approved"  # or so it says; now the mailbox's user signs in
    PROPOSED = "proposed"  # somebody signed in, and somebody has to confirm it
    APPLIED = "applied"
    ENDED = "ended"  # otherwise than well


class ChangeRow(db.Table):
    """What somebody asked for and Microsoft has not yet approved."""

    __tablename__ = "pending_change"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(index=True)
    account_version: Mapped[int]  # of the settings that the asker saw
    sender: Mapped[str | None]  # None: whoever signs in
    large_attachments: Mapped[bool]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    by_operator: Mapped[bool]  # whose link decides by itself
    expires_at: Mapped[datetime]
    link_fingerprint: Mapped[bytes] = mapped_column(unique=True)
    approval_fingerprint: Mapped[bytes | None] = mapped_column(unique=True, index=True)
    approved_for: Mapped[str | None]  # origin of the application, or so it is said
    approved_at: Mapped[datetime | None]
    approval_refused: Mapped[bool]
    proposed: Mapped[dict[str, Any] | None]  # who signed in, for a page
    sealed_proposal: Mapped[bytes | None]  # the same, with the tokens
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    trouble: Mapped[str]  # why the last trip failed; "" if none did
    trouble_cause: Mapped[str] = mapped_column(server_default="", default="")

    def meet(self, trouble: PortalError | None) -> None:
        """Keep why the last trip failed; None: it did not."""
        self.trouble = str(trouble or "")
        self.trouble_cause = trouble.cause if trouble else ""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody wants an account to be, and which version of it they saw."""

    sender: str | None
    large: bool
    version: int


@dataclass(frozen=True, kw_only=True)
class Change:
    """What can be told of a pending change."""

    id: UUID
    account_id: UUID
    sender: str | None
    large: bool
    asked_by: str
    asked_at: datetime
    by_operator: bool
    expires_at: datetime
    stage: Stage
    outcome: Outcome | None
    trouble: str
    proposal: Proposal | None
    link: str = field(repr=False)  # secret of the connection link
    approval_link: str = field(repr=False)  # secret of the approval link
    approved_for: str | None = None  # origin of the application
    ended_at: datetime | None = None
    # Who signs its user in, if it submits by SMTP; then `sender` is the mailbox.
    submits: Provider | None = None
    trouble_cause: str = ""  # the name of its explanation

    @property
    def told(self) -> Told:
        """Explain why the last trip failed."""
        return tell(self.trouble, self.trouble_cause)

    @property
    def ended(self) -> bool:
        return self.stage in (Stage.APPLIED, Stage.ENDED)

    @property
    def wanted(self) -> frozenset[str]:
        """Name the permissions that are asked for."""
        if self.submits:
            return scopes.wanted_to_submit(self.submits)
        return scopes.wanted(large=self.large)

    def missing(self, granted: frozenset[str], *, own: bool) -> frozenset[str]:
        """Tell what it cannot do without and was not granted."""
        if self.submits:
            return scopes.missing_to_submit(granted, self.submits)
        return scopes.missing(granted, large=self.large, own=own)
