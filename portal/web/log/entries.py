"""Lines of the log in words: how it went, why, who ends it, and by which settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from portal import db, explanations
from portal.mail.journal import Line, snapshots
from portal.mail.journal.search import Numbered
from portal.web.language import said
from portal.web.messages import story
from portal.web.messages.story import Passage
from portal.workspace import in_force
from portal.workspace.accounts import Account, places
from portal.workspace.in_force import difference
from portal.workspace.in_force.difference import Setting

NOBODY = UUID(int=0)  # no account has it
Known = tuple[Account, Mapping[str, str]]  # an account, and what is in force for it


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line, as the page shows it."""

    number: int  # its place in the journal
    line: Line
    told: Passage
    state: str  # what its badge says
    code: str  # what the other side said, as short as it gets
    explained: explanations.Told
    reason: str
    account: str  # its name; "" if it is about none
    page: str  # where that is put right
    trial: bool  # of settings that are in force nowhere
    then: Mapping[str, str]  # empty where nothing was tried
    settings: Sequence[Setting]

    @property
    def changes(self) -> int:
        """How many settings are not any more what they were."""
        return sum(each.changed for each in self.settings)


def tell(session: db.Session, lines: Sequence[Numbered]) -> list[Entry]:
    """Put lines into words."""
    names = {line.snapshot for _, line in lines if line.snapshot}
    kept = snapshots.several(session, names)
    about = {line.account_id for _, line in lines if line.account_id}
    now = in_force.every(session, about)
    pages = places.repairs(session, (account for account, _ in now.values()))
    then = {name: snapshot.settings for name, snapshot in kept.items()}
    found = []
    for number, line in lines:
        about_it = line.account_id or NOBODY
        page = pages.get(about_it, places.OWN)
        found.append(
            entry(number, line, then.get(line.snapshot), now.get(about_it), page)
        )
    return [each for each in found if each]


def entry(
    number: int,
    line: Line,
    then: Mapping[str, str] | None,
    known: Known | None,
    page: str,
) -> Entry | None:
    """Put a line into words; None if it was never written."""
    told = story.tell(line)
    if told is None:
        return None
    account, now = known or (None, {})
    trial = account is not None and account.trial
    return Entry(
        number=number,
        line=line,
        told=told,
        state=told.decision,
        code=_code(line),
        explained=told.explained,
        reason=said(told.explained.why),
        account=account.name if account else "",
        page=page,
        trial=trial,
        then=then or {},
        settings=difference.beside(then, then if trial else now) if then else (),
    )


def _code(line: Line) -> str:
    said = line.answer
    return " ".join(filter(None, (str(said.status or ""), said.code))) if said else ""
