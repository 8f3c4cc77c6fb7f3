"""What can go wrong, grouped by who has to act.

PortalError
├── ConfigError         the operator: fix the environment and start again
│   └── NoKey               the key of the database cannot be read
├── CannotDecrypt       the operator: bring back the key that sealed this database
├── DatabaseAway        nobody yet: try again; the operator, if it lasts
│   └── NoRoom              the operator: make room on the disk of the database
├── Refused             the caller: fix the request; nothing was stored
│   ├── InvalidMessage      a field is wrong; names each field and why
│   ├── TooLarge            more bytes than this door takes
│   ├── NotAuthorized       no key, or one we do not know
│   ├── NotAllowed          who may, as whom, with which account
│   ├── NotFound            nothing here by that name
│   ├── Conflict            the same idempotency key with other content
│   └── TooManyMessages     come back later
├── NotConnected        the workspace admin: give consent
├── IssuerError         whoever gives tokens, of no delivery: may it pass?
└── DeliveryError       nobody yet: the worker decides
    ├── Deferred        surely not accepted; again later (scope: message or mailbox)
    ├── Rejected        surely not accepted; never will be (this message)
    ├── Withheld        surely not accepted; a human must act (message or account)
    │   └── Needed          it goes by itself once its account is given what it needs
    └── Unsure          the answer was lost: look it up, never simply repeat
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Self

WORDS_LIMIT = 500  # characters of the other side's own words that are kept
WRONG_USE = 2  # exit code: what was said has to be mended before it goes on


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the other side said, for the journal; holds no secret and no content."""

    status: int | None = None  # HTTP status or SMTP reply code
    code: str = ""  # "ErrorSendAsDenied", "AADSTS50173"
    text: str = ""  # the other side's own words, cut
    request_id: str = ""
    # How long it took to come, if that was measured; no part of what is said.
    milliseconds: int = field(default=0, compare=False)

    @property
    def plain(self) -> dict[str, int | str]:
        """Return what there is of it, for programs."""
        names = ("status", "code", "text", "request_id")
        said = {name: getattr(self, name) for name in names}
        return {name: value for name, value in said.items() if value}

    @property
    def raw(self) -> str:
        """Write it down as it came: status and code, words, request-id."""
        head = " · ".join(filter(None, (str(self.status or ""), self.code)))
        known = self.request_id and f"request-id {self.request_id}"
        return "\n".join(filter(None, (head, self.text, known)))


class PortalError(Exception):
    """Something went wrong in Mail Portal."""

    cause = ""  # the name of its explanation; see `portal.explanations`
    answer = Answer()  # of whoever refused, if it was somebody else

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__)

    def because(self, cause: str) -> Self:
        """Name the explanation that this has."""
        self.cause = cause
        return self


class ConfigError(PortalError):
    """The configuration is wrong."""


class NoKey(ConfigError):
    """The key of the database cannot be read."""


class CannotDecrypt(PortalError):
    """Can't decrypt: this database was sealed with another key. Nothing was changed."""

    cause = "cannot-decrypt"


class DatabaseAway(PortalError):
    """The database cannot be reached just now; please try again in a moment."""

    cause = "database-away"


class NoRoom(DatabaseAway):
    """The disk of the database is nearly full; the operator must make room first."""

    cause = "no-room"


class Refused(PortalError):
    """This request was refused; nothing was stored."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing wrong with one field of a message."""

    field: str  # as the caller spelled it: "to[0]", "headers.X-Id"
    reason: str


class InvalidMessage(Refused):
    """This message cannot be sent as it is."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.field}: {p.reason}" for p in self.problems))

    @classmethod
    def of(cls, field: str, reason: str) -> Self:
        """Name the one field that is wrong."""
        return cls([Problem(field=field, reason=reason)])


class TooLarge(Refused):
    """This is more than this door takes."""


class NotAuthorized(Refused):
    """Please send a valid API key."""


class NotAllowed(Refused):
    """This is not allowed with this key or account."""


class NotFound(Refused):
    """There is nothing by that name."""


class Conflict(Refused):
    """This idempotency key was already used for another message."""


class TooManyMessages(Refused):
    """Too many messages at once; please try again later."""

    def __init__(
        self, message: str | None = None, *, after: timedelta | None = None
    ) -> None:
        self.after = after  # None: nobody can tell
        super().__init__(message)


class NotConnected(PortalError):
    """This account is not connected: nobody is signed in for it."""

    cause = "not-connected"

    def __init__(
        self, message: str | None = None, *, answer: Answer | None = None
    ) -> None:
        # The issuer's, if it said that the sign-in is over.
        self.answer = answer or Answer()
        super().__init__(message)


class IssuerError(PortalError):
    """A request that was not a delivery was refused."""

    def __init__(
        self,
        message: str | None = None,
        *,
        answer: Answer | None = None,
        passing: bool = False,
        after: timedelta | None = None,
    ) -> None:
        self.answer = answer or Answer()
        self.passing = passing  # may be over by itself: ask again
        self.after = after
        super().__init__(message)


JOINT = " Command: "


def advice(reason: str, command: str) -> str:
    """Return a sentence with the command that ends what it tells, if there is one."""
    return f"{reason}{JOINT}{command}" if command else reason


def parted(reason: str) -> tuple[str, str]:
    """Part a sentence from its command again."""
    sentence, _joint, command = reason.partition(JOINT)
    return sentence, command


class Scope(StrEnum):
    """What a failure will hit again."""

    MESSAGE = "message"  # only this one
    MAILBOX = "mailbox"  # whatever leaves from the same mailbox
    ACCOUNT = "account"  # whatever the same account sends


class Need(StrEnum):
    """What an account must be given before a message can leave by it."""

    NOTHING = ""
    LARGE_ATTACHMENTS = "large file attachments"  # the switch, and Mail.ReadWrite


class DeliveryError(PortalError):
    """This message was not delivered."""

    scope = Scope.MESSAGE

    def __init__(
        self,
        message: str | None = None,
        *,
        scope: Scope | None = None,
        answer: Answer | None = None,
        after: timedelta | None = None,
        command: str = "",
    ) -> None:
        self.scope = scope or type(self).scope
        self.answer = answer or Answer()
        self.after = after  # how long the other side told us to wait
        self.command = command  # what an administrator types to end it
        super().__init__(message)

    @property
    def advice(self) -> str:
        """What to tell a person who has one line to read."""
        return advice(str(self), self.command)


class Deferred(DeliveryError):
    """Not accepted yet; it will be tried again."""


class Rejected(DeliveryError):
    """Not accepted, and never will be."""


class Withheld(DeliveryError):
    """Not accepted; somebody has to act first."""

    need = Need.NOTHING  # it goes by itself once that is given


class Needed(Withheld):
    """It needs large file attachments (Mail.ReadWrite), which are not enabled."""

    need = Need.LARGE_ATTACHMENTS


class Unsure(DeliveryError):
    """The answer was lost: it may have been accepted."""
