"""The journal aloud: what it tells is said in the log of the process as well.

It is said once it is committed, and never if it is not. The other side's own words are
left out: nobody knows what they quote.
"""

import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from portal import db, logs

SAID = (
    *("event", "message_id", "account_id", "attempt", "messages"),
    *("status", "code", "request_id", "cause"),
)

log = logging.getLogger(__name__)
# A command does not log: its own output says what it did.
log.addHandler(logging.NullHandler())


def say(session: Session, level: int, told: Mapping[str, Any]) -> None:
    """Say a line, by its columns, when its transaction is through."""
    db.afterwards(session, partial(_say, level, told))


def _say(level: int, told: Mapping[str, Any]) -> None:
    known = {name: told[name] for name in SAID if told.get(name)}
    also = {name: _plain(value) for name, value in known.items()}
    sentence = f"Mail log: {told['event']}. {told['reason']}".rstrip()
    log.log(level, "%s", sentence, extra={logs.ALSO: also})


def _plain(value: Any) -> int | str:
    return value if isinstance(value, int) else str(value)
