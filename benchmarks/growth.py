"""Does a claim cost more when a million messages have been sent before?

Claims and settles the same queue behind 1,000 and behind 1,000,000 messages of the past
with their journal, and asks in vain when nothing is due.
"""

import sys
from statistics import median
from time import perf_counter
from uuid import UUID

from benchmarks import houses, past
from portal import db
from portal.mail import outbox
from portal.mail.journal import Event, Line
from portal.mail.outbox import Entry, State, claims, endings
from portal.workspace import accounts

PAST = (1_000, 1_000_000, 1_000)  # the last tells what only warms up
QUEUE = 400  # messages that are claimed and settled
POLLS = 400
TARGET = 1.5  # the most that a million may cost, in times of a thousand


def main() -> int:
    worst = 0.0
    for engine in houses.ENGINES:
        print(f"{engine:<12}{'sent before':>12}{'claim + settle':>16}{'idle poll':>12}")
        works, polls = [], []
        for count in PAST:
            with houses.opened(engine):
                past.remember(count)
                works.append(work())
                polls.append(poll())
            print(f"{'':<12}{count:>12,}{works[-1]:>13.2f} ms{polls[-1]:>9.2f} ms")
        ratio = works[1] / min(works[0], works[2])
        polled = polls[1] / min(polls[0], polls[2])
        worst = max(worst, ratio)
        print(f"{'':<12}{'ratio':>12}{ratio:>16.2f}{polled:>12.2f}\n")
    print(f"The worst ratio is {worst:.2f}; it may be {TARGET}.")
    return 0 if worst <= TARGET else 1


def work() -> float:
    """Return the median time of claiming and settling one message, in milliseconds."""
    with db.reading() as session:
        account = accounts.find(session).id
    for _ in range(QUEUE):
        with db.session() as session:
            outbox.put(session, entry(account))
    times = []
    for _ in range(QUEUE // 4):
        begin = perf_counter()
        with db.session() as session:
            taken = claims.take(session, "bench", 4)
        for claim in taken:
            with db.session() as session:
                endings.settle(session, claim, State.SENT, Line(event=Event.SENT))
        times.append((perf_counter() - begin) / len(taken) * 1000)
    return median(times)


def poll() -> float:
    """Return the median time of asking in vain, in milliseconds."""
    times = []
    for _ in range(POLLS):
        begin = perf_counter()
        with db.session() as session:
            assert not claims.take(session, "bench", 4)
        times.append((perf_counter() - begin) * 1000)
    return median(times)


def entry(account: UUID) -> Entry:
    known = db.new_id()
    return Entry(
        id=known,
        account_id=account,
        key_id=None,
        sender="",
        to=("jane@example.com",),
        cc=(),
        bcc=(),
        subject="Report",
        size=3_000,
        internet_message_id=f"<{known}@contoso.example>",
    )


if __name__ == "__main__":
    sys.exit(main())
