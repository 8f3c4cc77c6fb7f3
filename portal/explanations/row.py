"""A row of the catalogue: what happened, what it comes to, who ends it, and how."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeVar

from portal.errors import (
    Answer,
    Deferred,
    DeliveryError,
    Needed,
    PortalError,
    Rejected,
    Scope,
    Unsure,
    Withheld,
)

Raised = TypeVar("Raised", bound=PortalError)


class Who(StrEnum):
    """Who can end it."""

    NOBODY = "nobody"  # it passes
    SENDER = "sender"  # whoever wrote the message, or the application that did
    WORKSPACE = "workspace admin"  # at this portal, with the mailbox's user at hand
    MICROSOFT = "Microsoft 365 admin"  # of the organization
    GOOGLE = "Google Workspace admin"  # likewise
    OPERATOR = "operator"  # whoever registered and runs the portal

    @property
    def called(self) -> str:
        """Name them to whoever reads it, and may be one of them."""
        return CALLED[self]


class Place(StrEnum):
    """Where whoever ends it has to go: a page of ours, or a place of an issuer's."""

    NOWHERE = ""
    SETTINGS = "/settings"
    SETUP = "/setup"
    ACCOUNTS = "/accounts"  # of the account in question, where its page is known
    ADDING = "/accounts/new"
    MESSAGES = "/messages"
    ENTRA = "Microsoft Entra admin center"
    EXCHANGE = "Exchange admin center"
    DEFENDER = "Microsoft Defender portal"
    MICROSOFT_365 = "Microsoft 365 admin center"
    GOOGLE_CLOUD = "Google Cloud console"
    GOOGLE_ADMIN = "Google Admin console"

    @property
    def called(self) -> str:
        """Name it as whoever looks for it finds it named."""
        return PAGES.get(self, self.value)


CALLED = {
    Who.NOBODY: "nobody",
    Who.SENDER: "whoever wrote the message, or the application that did",
    Who.WORKSPACE: "a workspace admin, at this portal",
    Who.MICROSOFT: "a Microsoft 365 admin of the organization",
    Who.GOOGLE: "a Google Workspace admin of the organization",
    Who.OPERATOR: "the operator of this portal",
}
PAGES = {
    Place.SETTINGS: "Tenant Settings",
    Place.SETUP: "App registration",
    Place.ACCOUNTS: "Mail accounts",
    Place.ADDING: "Mail accounts",
    Place.MESSAGES: "Messages",
}
OF_ACCOUNT = "Settings, {page}"
OF_EACH = frozenset({Place.SETTINGS, Place.ACCOUNTS})  # each account has a page for it
# By what it comes to, the nearest kind first.
FATES: dict[type[DeliveryError], str] = {
    Deferred: "It goes again by itself.",
    Rejected: "It does not go again by itself.",
    Unsure: "It may have been sent, so it is never simply sent again.",
    Needed: "It is kept, and goes by itself once this is done.",
    Withheld: "It is kept until somebody decides about it.",
}
# What programs are told; each stays.
MEMBERS = (
    *("name", "title", "why", "steps", "who"),
    *("place", "command", "retried", "fate"),
)
FATE_OF_ALL = "Mail of this account is kept, and goes by itself once this is done."

TRIAL_OVER = "It was a trial of settings, and ended with it."


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Why something failed, and what ends it, whenever it does."""

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
        return self.noted("")

    def noted(self, note: str) -> str:
        """Say the same, and before what to do one thing more that happened."""
        return " ".join(filter(None, (self.why, note, *self.steps)))

    @property
    def fate(self) -> str:
        """Say what becomes of mail that met it."""
        if self.scope == Scope.ACCOUNT:
            return FATE_OF_ALL
        return next(FATES[kind] for kind in self.kind.__mro__ if kind in FATES)

    @property
    def retried(self) -> bool:
        """Tell whether mail that met it goes again without anybody's help."""
        return issubclass(self.kind, Deferred)

    def filled(self, **said: str) -> "Explanation":
        """Return it with the holes of `why` filled in."""
        return replace(self, why=self.why.format(**said))

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

    def as_a(self, kind: Callable[..., Raised], **more: Any) -> Raised:
        """Return it as an error of no delivery, with whatever `more` that takes."""
        return kind(self.sentence, **more).because(self.name)


class Explained(PortalError):
    """Something that a row explains; `said` fills in the holes of that."""

    def __init__(self, row: Explanation, **said: str) -> None:
        super().__init__(row.sentence.format(**said))
        self.cause = row.name


@dataclass(frozen=True, kw_only=True)
class Told:
    """A failure as it happened, explained; page, API, CLI and log say it alike."""

    name: str = ""  # of its row; "" if it has none: then `why` is all that is known
    title: str = ""
    why: str
    steps: tuple[str, ...] = ()
    who: Who | None = None
    place: Place = Place.NOWHERE
    page: str = ""  # the account's own, unless it is Tenant Settings
    command: str = ""  # spelled, to be typed as it is
    retried: bool = False
    fate: str = ""

    @property
    def headline(self) -> str:
        """Some words for it, unless what happened begins with them."""
        return "" if self.why.startswith(self.title) else self.title

    @property
    def where(self) -> str:
        """Name the place for it to whoever looks for it."""
        return OF_ACCOUNT.format(page=self.page) if self.page else self.place.called

    @property
    def plain(self) -> dict[str, Any] | None:
        """Return it in plain values, for programs; None if no row explains it."""
        told = {name: getattr(self, name) for name in MEMBERS}
        said = {"steps": list(self.steps), "place": self.page or self.place}
        return told | said if self.name else None

    def at(self, page: str) -> "Told":
        """Return it as told of an account that is put right on this page."""
        elsewhere = self.place in OF_EACH and page != Place.SETTINGS
        return replace(self, page=page) if elsewhere else self

    def of_trial(self) -> "Told":
        """Return it as told of a trial: who tries has the form, and nothing waits."""
        form = self.place == Place.ACCOUNTS and self.who == Who.OPERATOR
        who = Who.WORKSPACE if form else self.who
        return replace(self, who=who, fate=TRIAL_OVER)

    def alone(self) -> "Told":
        """Return it as told of a message that is held, while its account is not."""
        of_all = self.fate == FATE_OF_ALL
        return replace(self, fate=FATES[Withheld]) if of_all else self


def passing(
    name: str, title: str, why: str, scope: Scope = Scope.MAILBOX
) -> Explanation:
    return Explanation(
        name=name, kind=Deferred, scope=scope, who=Who.NOBODY, title=title, why=why
    )


def lasting(
    name: str, title: str, why: str, *steps: str, place: Place = Place.NOWHERE
) -> Explanation:
    """Make a row of what may pass, and else is for the operator to put right."""
    row = passing(name, title, why)
    return replace(row, who=Who.OPERATOR, steps=steps, place=place)


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


def by_person(name: str, title: str, why: str, *steps: str) -> Explanation:
    """Make a row that ends where its account is connected, with its user at hand."""
    return held(name, title, why, *steps, who=Who.WORKSPACE, place=Place.SETTINGS)


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
