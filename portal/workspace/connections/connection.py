"""A connection: its row, and what can be told of it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal import db
from portal.errors import PortalError
from portal.issuer.identity import Named
from portal.mail.message import address

IN_USE = text("retired_at IS NULL")


class ConnectionRow(db.Table):
    """One consent of one account: who signed in, what was granted, the tokens."""

    __tablename__ = "connection"
    __table_args__ = (
        Index("uq_connection_in_use", "account_id", unique=True, **db.only(IN_USE)),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    authority: Mapped[str]  # the address that issued it; it goes back nowhere else
    tenant: Mapped[str]  # as the registration named it
    tid: Mapped[str]
    client_id: Mapped[str]
    oid: Mapped[str]
    issuer: Mapped[str]
    username: Mapped[str]
    email: Mapped[str]
    name: Mapped[str] = mapped_column(server_default="", default="")
    scopes: Mapped[list[str]]  # as they were granted, and are asked for again
    # What of them its issuer grants no longer.
    withdrawn: Mapped[list[str]] = mapped_column(server_default="[]", default=list)
    connected_at: Mapped[datetime]
    connected_by: Mapped[str]
    proven_at: Mapped[datetime | None]  # a mail was accepted
    retired_at: Mapped[datetime | None]
    trouble: Mapped[str]  # why a human must sign in again; "" if all is well
    trouble_cause: Mapped[str] = mapped_column(server_default="", default="")
    sealed_refresh: Mapped[bytes]
    sealed_access: Mapped[bytes]
    access_until: Mapped[datetime]
    renewed_at: Mapped[datetime]
    tried_at: Mapped[datetime | None]  # when the daily renewal last set about it
    renewal: Mapped[UUID | None]  # who renews it now
    renewal_until: Mapped[datetime | None]
    # From, if it was its own until it was renamed and nobody has said what then; "".
    renamed_from: Mapped[str] = mapped_column(server_default="", default="")

    def meet(self, trouble: PortalError | None) -> None:
        """Keep why a human must sign in again; None: nobody must."""
        self.trouble = str(trouble or "")
        self.trouble_cause = trouble.cause if trouble else ""


@dataclass(frozen=True, kw_only=True)
class Connection(Named):
    """What can be told of a connection."""

    id: UUID
    account_id: UUID
    authority: str
    tenant: str
    client_id: str
    tid: str
    scopes: frozenset[str]  # that are granted by now
    connected_at: datetime
    connected_by: str
    proven_at: datetime | None
    renewed_at: datetime
    tried_at: datetime | None
    trouble: str
    trouble_cause: str  # the name of its explanation
    renamed_from: str = ""
    withdrawn: frozenset[str] = frozenset()  # that were granted, and are no longer

    @property
    def lane_key(self) -> str:
        return f"{self.tid}/{self.oid}"

    @property
    def asked(self) -> frozenset[str]:
        """Name what it was consented to; what was withdrawn may be given back."""
        return self.scopes | self.withdrawn

    def owns(self, sender: str) -> bool:
        """Tell whether an address is the mailbox's own, as far as its id_token says."""
        return address.same(sender, self.username, self.email)

    def left_behind(self, sender: str | None) -> bool:
        """Tell whether a From was its own until it was renamed, and may follow it."""
        return bool(sender) and address.same(sender or "", self.renamed_from)


def told(row: ConnectionRow) -> Connection:
    return Connection(
        id=row.id,
        account_id=row.account_id,
        authority=row.authority,
        tenant=row.tenant,
        client_id=row.client_id,
        tid=row.tid,
        oid=row.oid,
        username=row.username,
        email=row.email,
        name=row.name,
        scopes=frozenset(row.scopes) - frozenset(row.withdrawn),
        withdrawn=frozenset(row.withdrawn),
        connected_at=row.connected_at,
        connected_by=row.connected_by,
        proven_at=row.proven_at,
        renewed_at=row.renewed_at,
        tried_at=row.tried_at,
        trouble=row.trouble,
        trouble_cause=row.trouble_cause,
        renamed_from=row.renamed_from,
    )
