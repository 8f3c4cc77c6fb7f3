"""A row of the catalogue: what happened, what it comes to, who ends it, and how."""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from portal.errors import (
    Answer,
    Deferred,
    DeliveryError,
    Rejected,
    Scope,
    Unsure,
    Withheld,
)


class Who(StrEnum):
    """Who can end it."""

    NOBODY = "nobody"  # it passes
    SENDER = "sender"  # whoever wrote the message, or the application that did
    WORKSPACE = "workspace admin"  # at this portal, with the mailbox's user at hand
    MICROSOFT = "Microsoft 365 admin"  # of the organization
    OPERATOR = "operator"  # whoever registered and runs the portal


class Place(StrEnum):
    """Where whoever ends it has to go: a page of ours, or a place of Microsoft's."""

    NOWHERE = ""
    SETTINGS = "/settings"
    SETUP = "/setup"
    ACCOUNTS = "/accounts"
    ENTRA = "Microsoft Entra admin center"
    EXCHANGE = "Exchange admin center"
    DEFENDER = "Microsoft Defender portal"
    MICROSOFT_365 = "Microsoft 365 admin center"


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Why something failed, and what ends it; page, API, CLI and log say it alike."""

    name: str  # kept with messages and in the journal, so it never changes
    kind: type[DeliveryError]  # what becomes of a message that meets it
    scope: Scope = Scope.MESSAGE  # what it will hit again
    who: Who
    title: str  # some words for a heading
    why: str  # what happened; {host} and the like are filled in when it does
    steps: tuple[str, ...] = ()  # what to do, in this order; none if it passes
    place: Place = Place.NOWHERE
    command: str = ""  # for PowerShell; {sender} and {username} are to be spelled

    @property
    def sentence(self) -> str:
        """Say all of it to a person who has one line to read."""
        return " ".join((self.why, *self.steps))

    @property
    def retried(self) -> bool:
        """Tell whether mail that met it goes again without anybody's help."""
        return issubclass(self.kind, Deferred)

    def told(self, reason: str) -> str:
        """Return what happened, out of a reason that was made of this row."""
        return reason.removesuffix(" ".join(self.steps)).rstrip() or self.why

    def error(
        self, answer: Answer | None = None, after: timedelta | None = None, **said: str
    ) -> DeliveryError:
        """Return it as one of the four; `said` fills in the holes of `why`."""
        error = self.kind(
            self.sentence.format(**said) if said else self.sentence,
            scope=self.scope,
            answer=answer,
            after=after,
            command=self.command,
        )
        return error.because(self.name)


def passing(
    name: str, title: str, why: str, scope: Scope = Scope.MAILBOX
) -> Explanation:
    return Explanation(
        name=name, kind=Deferred, scope=scope, who=Who.NOBODY, title=title, why=why
    )


def doubtful(name: str, title: str, why: str) -> Explanation:
    return Explanation(name=name, kind=Unsure, who=Who.NOBODY, title=title, why=why)


def hopeless(name: str, title: str, why: str, *steps: str) -> Explanation:
    return Explanation(
        name=name, kind=Rejected, who=Who.SENDER, title=title, why=why, steps=steps
    )


def held(
    name: str,
    title: str,
    why: str,
    *steps: str,
    who: Who,
    place: Place = Place.NOWHERE,
) -> Explanation:
    return Explanation(
        name=name,
        kind=Withheld,
        scope=Scope.ACCOUNT,
        who=who,
        title=title,
        why=why,
        steps=steps,
        place=place,
    )


def aside(
    name: str,
    title: str,
    why: str,
    *steps: str,
    who: Who,
    place: Place = Place.NOWHERE,
) -> Explanation:
    """Make a row that holds one message, and none of the others of its account."""
    row = held(name, title, why, *steps, who=who, place=place)
    return replace(row, scope=Scope.MESSAGE)
