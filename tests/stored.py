"""What lies in the database: rows, counted where a message leaves a trace."""

from sqlalchemy import text

from portal import db

PLACES = ("message", "content", "chunk", "repeat", "journal")


def rows(*places: str) -> int:
    """Count the rows of these tables, or of all that a message is written to."""
    with db.reading() as session:
        counts = [
            session.scalar(text(f"SELECT count(*) FROM {place}"))
            for place in places or PLACES
        ]
    return sum(count or 0 for count in counts)
