"""The tally: what the journal tells is added up, a little at a time.

Any number of machines may do it; each goes on where the last one stopped.
"""

import threading

from portal import clock, db
from portal.mail.tally import adding


def add_up(stopping: threading.Event) -> None:
    """Count all that can be counted now; who writes meanwhile is let through."""
    more = True
    while more and not stopping.is_set():
        began = clock.seconds()
        with db.session() as session:
            more = adding.add(session)
        stopping.wait(clock.seconds() - began if more else 0)
