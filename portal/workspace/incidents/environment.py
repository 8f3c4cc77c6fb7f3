"""The channel that the environment names: there as long as a machine names it.

It has a row like every other, so that what it is told waits, is tried again and comes
once; but no address, which the environment alone knows. Of machines that share a
database not all need to name it: those that do send what is due, and say again and
again that they still do.
"""

from sqlalchemy.orm import Session

from portal import clock, config, db
from portal.workspace.incidents import channels
from portal.workspace.incidents.channels import ENVIRONMENT, SETTING, ChannelRow, Way
from portal.workspace.incidents.incident import FORGOTTEN, SAID_AGAIN

BY = "environment"


def followed(session: Session, way: Way) -> bool:
    """Tell whether its row says what the environment says, which is of that way."""
    row, url = session.get(ChannelRow, ENVIRONMENT), config.current().alert_webhook
    if not url:
        return row is None or not _over(row)
    lately = row is not None and row.added_at > clock.now() - SAID_AGAIN
    return lately and _same(row, url, way)


def follow(session: Session, way: Way) -> None:
    """Let its row say what the environment says; without it, let it go in time."""
    row, url = session.get(ChannelRow, ENVIRONMENT), config.current().alert_webhook
    if url:
        _write(session, row, url, way)
    elif row is not None and _over(row):
        session.delete(row)


def _over(row: ChannelRow) -> bool:
    """Tell whether nobody names it any more: no machine has, or could have, lately."""
    return db.local() or row.added_at <= clock.now() - FORGOTTEN


def _same(row: ChannelRow | None, url: str, way: Way) -> bool:
    known = row and (row.way, row.place)
    return known == (way.value, channels.shown(url))


def _write(session: Session, row: ChannelRow | None, url: str, way: Way) -> None:
    if row is None:
        row = ChannelRow(
            id=ENVIRONMENT,
            name=SETTING,
            sealed_address=b"",
            sealed_secret=b"",
            added_by=BY,
            failure="",
        )
        session.add(row)
    elif not _same(row, url, way):
        row.failed_at, row.failure = None, ""  # of the former address
    row.way, row.place, row.added_at = way, channels.shown(url), clock.now()
