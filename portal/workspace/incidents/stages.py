"""Stages: what is told of a trouble, and when it is time for that.

What comes back soon is the same trouble, and is announced again only after a while: who
is told ten times looks away.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from portal import clock

CALM = timedelta(minutes=10)  # between two announcements of the same trouble
REMINDER = timedelta(hours=24)


class Stage(StrEnum):
    """What an alert tells of its incident."""

    OPENED = "opened"
    REMINDER = "reminder"
    RECOVERED = "recovered"
    TEST = "test"  # nothing is wrong


def due(last: datetime | None, *, announced: bool) -> Stage | None:
    """Return what is to be told of a trouble that goes on; None: nothing, for now.

    `last` is when its beginning was told or, once that is announced, when anything was.
    """
    silence = REMINDER if announced else CALM
    if last is not None and last > clock.now() - silence:
        return None
    return Stage.REMINDER if announced else Stage.OPENED
