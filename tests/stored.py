"""What lies in the database: rows where a message leaves a trace, and the room left."""

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


def fill(pages_more: int = 0) -> None:
    """Let an SQLite database grow by so many pages of 4 KiB, as if its disk ended."""
    with db.reading() as session:
        pages = session.scalar(text("PRAGMA page_count")) or 0
        session.execute(text(f"PRAGMA max_page_count = {pages + pages_more}"))


def make_room() -> None:
    """Let it grow again: what is new knows of no limit."""
    db.engine().dispose()
