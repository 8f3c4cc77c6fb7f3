"""Other messages of ours with the same Message-ID: what is found may be one of them."""

from portal import db
from portal.delivery.transport import Attempt, Parcel
from portal.mail.outbox import records


def exist(about: Parcel | Attempt) -> bool:
    """Tell whether there is one by now, in a transaction of its own."""
    with db.reading() as session:
        return records.has_namesake(
            session, about.message_id, about.internet_message_id
        )
