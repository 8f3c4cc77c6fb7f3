"""Adding up: the journal is counted line by line, each of them once.

The figures and the place that was reached are written in one transaction, and the place
is locked first: whoever counts at the same time goes on behind it.

Ids are not committed in their order. So a line is counted no sooner than everybody has
ended who may have been writing when it was seen: then none can appear before it.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from portal import clock, db
from portal.mail import journal
from portal.mail.journal import JournalRow, Line
from portal.mail.tally import Figure, PlaceRow, Span, TallyRow, figures

LINES = 5000  # in one transaction
KEPT = {Span.HOUR: timedelta(days=3), Span.DAY: timedelta(days=400)}

OLDEST_RUNNING = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
OURSELVES = text("SELECT pg_current_xact_id()::text::bigint")

Slot = tuple[Span, datetime, Figure]


def add(session: Session, most: int = LINES) -> bool:
    """Count what can be counted, up to so many lines; tell whether there is more.

    It must be the first that its transaction does.
    """
    # Before we lock, and are given a number: who wrote any of it has a lower one then.
    last = session.scalar(select(func.max(JournalRow.id))) or 0
    place = session.get(PlaceRow, 1, with_for_update=True) or _begin(session)
    if place.counted == place.seen:
        _look(session, place, last)
    if not _all_through(session, place):
        return False
    lines = journal.between(session, place.counted, place.seen, limit=most)
    _sum_up(session, [line for _, line in lines])
    more = len(lines) == most
    place.counted = lines[-1][0] if more else place.seen
    if not more:
        _look(session, place, last)  # who writes now may be through by the next time
        _trim(session)
    return more


def _begin(session: Session) -> PlaceRow:
    db.alone(session)
    place = session.get(PlaceRow, 1, with_for_update=True, populate_existing=True)
    if place is None:
        place = PlaceRow(id=1, counted=0, seen=0, horizon=0)
        session.add(place)
    return place


def _look(session: Session, place: PlaceRow, last: int) -> None:
    """Note which line was the last, and who might still write one before it."""
    place.seen = max(place.counted, last)
    if not db.local():
        place.horizon = session.execute(OURSELVES).scalar_one()


def _all_through(session: Session, place: PlaceRow) -> bool:
    """Tell whether everybody has ended who might still have written."""
    if db.local():
        return True  # they write one after the other
    # Of another server, whose database was brought here: nobody of that one writes.
    foreign = place.horizon > session.execute(OURSELVES).scalar_one()
    oldest: int = session.execute(OLDEST_RUNNING).scalar_one()
    return foreign or oldest >= place.horizon


def _sum_up(session: Session, lines: Iterable[Line]) -> None:
    counts, times = Counter[Slot](), Counter[Slot]()
    for line in lines:
        for figure, time in figures(line):
            for span in Span:
                slot = (span, span.begin(line.at or clock.now()), figure)
                counts[slot] += 1
                times[slot] += round(time / timedelta(milliseconds=1))
    for slot, count in counts.items():
        row = _row(session, slot)
        row.count += count
        row.milliseconds += times[slot]


def _row(session: Session, slot: Slot) -> TallyRow:
    span, since, figure = slot
    key = {"span": span, "since": since, **vars(figure)}
    row = session.get(TallyRow, key)
    if row is None:
        row = TallyRow(**key, count=0, milliseconds=0)
        session.add(row)
    return row


def _trim(session: Session) -> None:
    for span, kept in KEPT.items():
        old = (TallyRow.span == span, TallyRow.since < clock.now() - kept)
        session.execute(delete(TallyRow).where(*old))
