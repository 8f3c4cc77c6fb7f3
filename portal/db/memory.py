"""Memory: what a session that only reads was told, so that nobody asks it twice.

A page is put together by many who each ask for what they need. What two of them ask
for is read once, and both tell of the same moment.
"""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from sqlalchemy.orm import Session

TOLD = "told"  # in what a session carries that only reads
T = TypeVar("T")


def once(read: Callable[[Session], T]) -> Callable[[Session], T]:
    """Let a session that only reads ask once; one that may write asks each time anew.

    Nobody changes the answer: it is told to others, too.
    """

    @wraps(read)
    def told(session: Session) -> T:
        known = session.info.get(TOLD)
        if known is None:
            return read(session)
        if read not in known:
            known[read] = read(session)
        answer: T = known[read]
        return answer

    return told
