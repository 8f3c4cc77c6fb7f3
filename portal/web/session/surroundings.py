"""What stands around every page: who is signed in, and what needs a human."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from flask import Flask

from portal import db
from portal.errors import PortalError
from portal.mail.outbox import records
from portal.web.session import guard
from portal.workspace.accounts import places
from portal.workspace.people.sessions import Person
from portal.workspace.standing import sign_ins

MOST = 3  # accounts named on a page


@dataclass(frozen=True, kw_only=True)
class Needy:
    """An account that sends nothing until somebody signs in for it."""

    name: str
    page: str  # where that is done


@dataclass(frozen=True, kw_only=True)
class Awaited:
    """All of those, on a page."""

    accounts: Sequence[Needy] = ()

    def elsewhere(self, page: str) -> Self:
        """Leave out what that page is for; it says so itself."""
        kept = [each for each in self.accounts if each.page != page]
        return type(self)(accounts=kept)

    @property
    def named(self) -> Sequence[Needy]:
        return self.accounts[:MOST]

    @property
    def more(self) -> int:
        return len(self.accounts) - len(self.named)


def init_app(app: Flask) -> None:
    """Tell it to every template."""
    app.context_processor(_surroundings)


def _surroundings() -> dict[str, Any]:
    nobody = {"signed_in": "", "needing": 0, "awaited": Awaited()}
    try:
        person = guard.signed_in()
        return _of(person) if person else nobody
    except PortalError:  # the page that says what is wrong needs none of this
        return nobody


def _of(person: Person) -> dict[str, Any]:
    with db.reading() as session:
        needing = sum(records.stuck(session).values())
        known = sign_ins.awaited(session)
        pages = places.repairs(session, known) if known else {}
    needy = [Needy(name=each.name, page=pages[each.id]) for each in known]
    return {
        "signed_in": person.called,
        "needing": needing,
        "awaited": Awaited(accounts=needy),
    }
