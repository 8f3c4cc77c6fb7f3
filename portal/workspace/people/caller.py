"""Who is at a door, with the API key that they showed, if they showed one."""

from dataclasses import dataclass, replace
from typing import Self
from uuid import UUID

from sqlalchemy.orm import Session

from portal.workspace.people import keys
from portal.workspace.people.keys import Key
from portal.workspace.people.limits import NONE, Limits


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who is at the door."""

    name: str  # "operator", "application", or the key's name
    key_id: UUID | None = None
    idempotency_key: str = ""  # "" if none was given
    key: Key | None = None  # as it is while a message comes

    @property
    def scope(self) -> str:
        return str(self.key_id or self.name)

    @property
    def limits(self) -> Limits:
        return self.key.limits if self.key else NONE

    def recognized(self, session: Session) -> Self:
        """Return them with their key as it is now; raise NotAuthorized.

        Once for each message: whoever came in long ago may have lost it since.
        """
        if self.key_id is None or self.key:
            return self
        return replace(self, key=keys.living(session, self.key_id))
