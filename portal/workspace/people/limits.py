"""Limits of an API key: by which accounts, as whom, how fast, how large; or none."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from sqlalchemy.orm import Session

from portal.errors import NotAllowed, NotFound, TooLarge, TooManyMessages
from portal.workspace import accounts, senders
from portal.workspace.accounts import Account

MINUTE = timedelta(minutes=1)
MOST_PER_MINUTE = 1_000_000  # a message's share of the minute is a microsecond or more
MOST_SIZE = 1_000_000_000_000  # bytes; no mail server takes as much
CHANGED = "Whoever runs the portal may change that: portal keys set NAME {option}."
ACCOUNTS = "account: this API key may use {allowed} only{please}. {changed}"
SENDERS = "from: this API key may send as {allowed} only{please}. {changed}"
RATE = (
    "This API key may bring {count:,} messages a minute; please try again in"
    " {seconds} s. {changed}"
)
SIZE = "A message of this API key has at most {most:,} bytes. {changed}"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a key may do; each limit may be missing."""

    accounts: tuple[UUID, ...] = ()  # none: by any
    senders: tuple[str, ...] = ()  # addresses, and domains with @ before; none: as any
    per_minute: int | None = None  # messages
    max_size: int | None = None  # bytes of a message, counted as PORTAL_MAX_MESSAGE

    def choose(self, session: Session, name: str | None) -> Account:
        """Return the account of that name, else the one that a message goes by.

        That is the only one that the key may use, or the default one. Raises NotFound,
        and NotAllowed for one that the key may not use, be there such or not.
        """
        if not self.accounts:
            if name and not name.isprintable():
                # No account is named so, and PostgreSQL would not even look for a NUL.
                raise NotFound("No account has a name with control characters.")
            return accounts.find(session, name)
        allowed = self.among(accounts.every(session))
        alone = len(self.accounts) == 1
        for each in allowed:
            if each.name == name if name else alone or each.is_default:
                return each
        told = ", ".join(each.name for each in allowed) or "one that is gone"
        please = "" if name else "; please name one"
        changed = CHANGED.format(option="--account NAME")
        raise NotAllowed(ACCOUNTS.format(allowed=told, please=please, changed=changed))

    def among(self, known: list[Account]) -> list[Account]:
        """Return those of all accounts that the key may use."""
        return [each for each in known if each.id in (self.accounts or (each.id,))]

    def allow(self, account: Account, sender: str) -> bool:
        """Tell whether a message may go by this account, and with this From."""
        by_it = self.among([account]) != []
        return by_it and (not self.senders or senders.hold(self.senders, sender))

    def told(self, known: list[Account]) -> list[str]:
        """Tell each limit as the audit keeps it; none: an empty list."""
        names = {each.id: each.name for each in known}
        allowed = [names.get(each, "gone") for each in self.accounts]
        limits = (
            f"account {', '.join(allowed)}" if allowed else "",
            f"from {senders.told(self.senders)}" if self.senders else "",
            f"{self.per_minute:,} a minute" if self.per_minute else "",
            f"up to {self.max_size:,} bytes" if self.max_size else "",
        )
        return [each for each in limits if each]

    def check_sender(self, sender: str | None) -> None:
        """Raise NotAllowed for another From than those, whoever gave it the message.

        None: nobody knows yet which it will be.
        """
        if not self.senders or (sender and senders.hold(self.senders, sender)):
            return
        told = senders.told(self.senders)
        please = "" if sender else "; please name one"
        changed = CHANGED.format(option="--from ADDRESS")
        raise NotAllowed(SENDERS.format(allowed=told, please=please, changed=changed))

    def check_size(self, size: int) -> None:
        """Raise TooLarge if a message of so many bytes is more than a key may bring."""
        if self.max_size is not None and size > self.max_size:
            changed = CHANGED.format(option="--max-size BYTES")
            raise TooLarge(SIZE.format(most=self.max_size, changed=changed))

    def spend(self, full_at: datetime | None, now: datetime) -> datetime | None:
        """Take one message out of the bucket; return when it will be full again.

        It holds the messages of one minute, and fills as evenly as time passes. Raises
        TooManyMessages when it is empty.
        """
        if self.per_minute is None:
            return full_at
        share = MINUTE // self.per_minute
        behind = max(full_at or now, now) - now
        if behind > 2 * MINUTE:
            # No bucket is so empty: somebody has set the clock back since.
            behind = timedelta()
        if (wait := behind + share - MINUTE) > timedelta():
            raise self._too_many(wait)
        return now + behind + share

    def _too_many(self, wait: timedelta) -> TooManyMessages:
        text = RATE.format(
            count=self.per_minute,
            seconds=ceil(wait.total_seconds()),
            changed=CHANGED.format(option="--per-minute N"),
        )
        return TooManyMessages(text, after=wait)


NONE = Limits()
