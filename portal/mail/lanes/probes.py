"""Probes: one message that a held account tries from time to time."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal import clock
from portal.mail import lanes
from portal.mail.lanes import PROBE_SOON, FeedRow

PROBE_LATER = timedelta(hours=1)
PROBES_SOON = 4  # so many at the shorter distance


def count(session: Session, account_id: UUID) -> None:
    """Say that one is on its way; the next one waits its time."""
    feed = lanes.lock(session, account_id)
    feed.probes += 1
    distance = PROBE_SOON if feed.probes < PROBES_SOON else PROBE_LATER
    feed.probe_at = clock.now() + distance


def put_off(
    session: Session, account_id: UUID, claimed_at: datetime | None, until: datetime
) -> None:
    """Try again then: the last one, claimed so, did not find out what it was for.

    What was claimed before its account was held is no probe, and changes nothing.
    """
    session.execute(
        update(FeedRow)
        .where(
            FeedRow.account_id == account_id,
            FeedRow.held_reason.is_not(None),
            FeedRow.held_since < claimed_at,
        )
        .values(probe_at=until, probes=FeedRow.probes - 1)
    )


def rest(session: Session, account_id: UUID, until: datetime) -> None:
    """Try nothing by itself before a time; whoever says Retry does not wait for it."""
    session.execute(
        update(FeedRow)
        .where(FeedRow.account_id == account_id, FeedRow.probe_at < until)
        .values(probe_at=until)
    )
