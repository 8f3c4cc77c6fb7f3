"""What goes wrong, and what ends it: the one catalogue that everybody quotes.

A row knows no code and no protocol. Which answer means which row is decided where the
answer comes in: `microsoft/problems`, `microsoft/aadsts`, `google`, `submission` or
`net`.
"""

from portal.errors import parted
from portal.explanations import (
    exchange,
    graph,
    network,
    own,
    sign_in,
    smtp,
)
from portal.explanations.google import gmail
from portal.explanations.google import sign_in as at_google
from portal.explanations.own import consent, doors, identity
from portal.explanations.row import Explained, Explanation, Place, Told, Who
from portal.explanations.topics import TOPICS, Topic

__all__ = [
    "EVERY",
    "Explained",
    "Explanation",
    "Place",
    "Told",
    "Topic",
    "Who",
    "find",
    "tell",
    "topic",
]

_ROOMS = (
    *(graph, exchange, gmail, smtp, network, sign_in, at_google),  # answers
    *(own, consent, identity, doors),
)
EVERY = {
    row.name: row
    for room in _ROOMS
    for row in vars(room).values()
    if isinstance(row, Explanation)
}


def find(name: str) -> Explanation | None:
    """Return a row by its name; None for what has none, or had one once."""
    return EVERY.get(name)


def topic(name: str) -> str:
    """Return what kind of trouble a row tells of; "" for what has no row."""
    return TOPICS.get(name, "")


def tell(reason: str, cause: str = "", command: str = "") -> Told:
    """Explain a reason by the row that it was made of; without one it stays as it is.

    A reason may end with its command, as `errors.advice` joins them.
    """
    sentence, typed = parted(reason)
    row = find(cause)
    if row is None:
        return Told(why=sentence, command=command or typed)
    return Told(
        name=row.name,
        title=row.title,
        why=sentence.removesuffix(" ".join(row.steps)).rstrip() or row.why,
        steps=row.steps,
        who=row.who,
        place=row.place,
        command=command or typed,
        retried=row.retried,
        fate=row.fate,
    )
