"""The mail log in the log of the process: each line once it is sure, and no other."""

import logging
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import false

from portal import db, logs
from portal.config import Config
from portal.errors import Answer
from portal.mail import journal
from portal.mail.journal import Event, Line
from portal.mail.outbox import many
from tests.mail import backlog

ACCOUNT, MESSAGE = UUID(int=1), UUID(int=2)
FAILED = Line(
    event=Event.FAILED,
    message_id=MESSAGE,
    account_id=ACCOUNT,
    attempt=2,
    reason="Nobody has this address.",
    cause="nobody",
    answer=Answer(status=550, code="5.1.1", text="No jane@example.com here"),
)


@pytest.fixture(autouse=True)
def loud(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="portal.mail.journal")


def interrupted() -> None:
    with db.session() as session:
        journal.write(session, FAILED)
        raise KeyError


def also(record: logging.LogRecord) -> dict[str, Any]:
    return dict(getattr(record, logs.ALSO))


def test_a_line_is_said_with_what_it_is_about(
    house: Config, caplog: pytest.LogCaptureFixture
) -> None:
    with db.session() as session:
        journal.write(session, FAILED)

    [record] = caplog.records
    assert record.getMessage() == "Mail log: failed. Nobody has this address."
    assert also(record) == {
        "event": "failed",
        "message_id": str(MESSAGE),
        "account_id": str(ACCOUNT),
        "attempt": 2,
        "status": 550,
        "code": "5.1.1",
        "cause": "nobody",
    }


def test_what_is_rolled_back_is_never_said(
    house: Config, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(KeyError):
        interrupted()

    assert caplog.records == []


@pytest.mark.parametrize(
    ("event", "level"),
    [(Event.SENT, logging.INFO), (Event.ACCOUNT_HELD, logging.WARNING)],
)
def test_what_goes_well_is_said_quietly(
    house: Config, caplog: pytest.LogCaptureFixture, event: Event, level: int
) -> None:
    with db.session() as session:
        journal.write(session, Line(event=event))

    assert [record.levelno for record in caplog.records] == [level]


def test_what_happens_to_many_at_once_is_said_once(
    house: Config, caplog: pytest.LogCaptureFixture
) -> None:
    account = backlog.account()
    for _ in range(3):
        backlog.put(account)
    caplog.clear()

    with db.session() as session:
        many.tell(session, Line(event=Event.HELD, reason="It waits."), [])
    with db.session() as session:
        many.tell(session, Line(event=Event.HELD), [false()])

    assert [also(record) for record in caplog.records] == [
        {"event": "held", "messages": 3}
    ]
