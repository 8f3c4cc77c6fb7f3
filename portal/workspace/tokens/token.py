"""A token to spend now: whose it is, and whether what it is for is young."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from portal.issuer.grant import young
from portal.workspace.connections import Connection


@dataclass(frozen=True, kw_only=True)
class Token:
    """An access token to spend now, and the connection that it belongs to."""

    access: str = field(repr=False)
    connection: Connection | None  # None: it is the application's own
    # When an account was that has sent nothing by it yet: what the application was
    # granted it was about then, as far as anybody tells us.
    set_up_at: datetime | None = None
    # What the issuer said it grants, as it renewed it just now; a young connection
    # keeps what it had.
    granted: frozenset[str] = frozenset()

    @property
    def connection_id(self) -> UUID | None:
        return self.connection.id if self.connection else None

    @property
    def young(self) -> bool:
        """Tell whether what was granted may not be seen everywhere yet."""
        by = self.connection
        return young(by.connected_at if by else self.set_up_at)

    def owns(self, sender: str) -> bool:
        """Tell whether this From is the mailbox itself; an application has no other."""
        return self.connection is None or self.connection.owns(sender)
