"""What is looked for in the mail log, and what one look may cost."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from portal import clock, db
from portal.config import Config
from portal.errors import Answer
from portal.explanations import Topic
from portal.mail import journal
from portal.mail.journal import Event, Line, search
from portal.mail.journal.search import Found, Search
from tests.conftest import Passing
from tests.mail import backlog

ANNS, BENS = UUID(int=1), UUID(int=2)
MESSAGE = UUID("0193a8a2-7c1e-7d3a-9b5e-2f6a1c0d4e60")
REQUEST = "3c8f0e52-9b1d-4d4a-8a3e-1f60a7f5c2b1"
LINES = {
    "accepted": Line(event=Event.ACCEPTED, account_id=ANNS, message_id=MESSAGE),
    "sent": Line(
        event=Event.SENT, account_id=ANNS, answer=Answer(status=202, request_id=REQUEST)
    ),
    "dns": Line(
        event=Event.DEFERRED,
        account_id=BENS,
        reason="Could not resolve hostname smtp.contoso.example.",
        cause="name-not-resolved",
    ),
    "revoked": Line(
        event=Event.ACCOUNT_HELD,
        account_id=ANNS,
        reason="The password was changed, or 100% revoked.",
        cause="password-changed",
        answer=Answer(status=400, code="AADSTS50173", text="The gränt is \\ gone"),
    ),
    "cancelled": Line(event=Event.CANCELLED, account_id=ANNS, reason="By Ann."),
}


@pytest.fixture
def told(either_house: Config) -> None:
    """Have one line of each kind."""
    write(*LINES.values())


def write(*lines: Line) -> None:
    with db.session() as session:
        for line in lines:
            journal.write(session, line)
            session.flush()


def look(**asked: Any) -> Found:
    with db.reading() as session:
        return search.find(session, Search(**asked))


def names(found: Found) -> list[str]:
    kept = {(line.event, line.account_id): name for name, line in LINES.items()}
    return [kept[line.event, line.account_id] for _, line in found.lines]


def test_problems_and_decisions_are_shown_newest_first(told: None) -> None:
    found = look()

    assert names(found) == ["cancelled", "revoked", "dns"]
    assert (found.older, found.stopped) == (None, False)


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({"event": Event.SENT}, ["sent"]),
        ({"event": Event.DEFERRED}, ["dns"]),
        ({"every": True}, ["cancelled", "revoked", "dns", "sent", "accepted"]),
        ({"account_id": ANNS}, ["cancelled", "revoked"]),
        ({"account_id": ANNS, "event": Event.CANCELLED}, ["cancelled"]),
        ({"account_id": BENS, "every": True}, ["dns"]),
        ({"topic": Topic.DNS}, ["dns"]),
        ({"topic": Topic.OAUTH, "account_id": BENS}, []),
        ({"words": "aadsts50173"}, ["revoked"]),
        ({"words": "gränt is \\"}, ["revoked"]),
        ({"words": "100% rev"}, ["revoked"]),
        ({"words": "100% x"}, []),
        ({"words": "400"}, ["revoked"]),
        ({"words": "HOSTNAME smtp"}, ["dns"]),
        ({"words": REQUEST}, ["sent"]),
        ({"words": str(MESSAGE)}, ["accepted"]),
    ],
)
def test_lines_are_found_by(
    told: None, asked: dict[str, Any], shown: list[str]
) -> None:
    assert names(look(**asked)) == shown


def test_what_is_too_old_is_left_out(told: None, passes: Passing) -> None:
    passes(days=2)
    write(LINES["dns"])

    assert names(look(since=clock.now() - timedelta(days=1))) == ["dns"]


def test_a_page_goes_on_where_the_last_one_ended(told: None) -> None:
    first = look(every=True, limit=3)
    second = look(every=True, limit=3, before=first.older)

    assert names(first) + names(second) == [*reversed(LINES)]
    assert (second.older, second.stopped) == (None, False)


def test_a_look_stops_and_the_next_goes_on(told: None) -> None:
    first = look(words="resolve", walk=2)
    second = look(words="resolve", walk=2, before=first.older)

    assert (names(first), first.stopped) == ([], True)
    assert (names(second), second.stopped) == (["dns"], False)


def test_a_look_stops_for_good_where_all_is_too_old(
    told: None, passes: Passing
) -> None:
    passes(days=2)

    found = look(since=clock.now() - timedelta(days=1), walk=2)

    assert found == Found(lines=(), older=None, stopped=False)


def test_what_is_new_comes_oldest_first_with_the_next_cursor(told: None) -> None:
    with db.reading() as session:
        before = search.newest(session)
    write(LINES["dns"], LINES["sent"], LINES["revoked"], LINES["sent"])

    with db.reading() as session:
        lines, cursor = search.fresh(session, Search(), before)
        nothing, same = search.fresh(session, Search(), cursor)

    assert [line.event for _, line in lines] == [Event.DEFERRED, Event.ACCOUNT_HELD]
    assert cursor == before + 4  # also behind what nobody looks for
    assert (nothing, same) == ([], cursor)


PLANS = {
    "ix_journal_told": Search(),
    "ix_journal_event": Search(event=Event.FAILED, words="no"),
    "ix_journal_account_id": Search(account_id=ANNS, event=Event.FAILED),
    "ix_journal_topic": Search(topic=Topic.DNS, account_id=ANNS),
    "ix_journal_request_id": Search(words=REQUEST),
    "ix_journal_message_id": Search(words=REQUEST),
    "INTEGER PRIMARY KEY": Search(event=Event.SENT),
}


@pytest.mark.parametrize("index", PLANS)
@pytest.mark.parametrize("before", [None, 7])
def test_a_look_reads_the_index_that_holds_the_fewest(
    house: Config, index: str, before: int | None
) -> None:
    asked = Search(**(vars(PLANS[index]) | {"before": before}))

    with backlog.spoken() as said, db.reading() as session:
        search.find(session, asked)

    plans = backlog.plans(said, "")
    used = [step for step in plans if index in step]
    assert used or (index == "INTEGER PRIMARY KEY" and before is None)


def test_postgresql_reads_these_indexes_too(postgres_house: Config) -> None:
    with db.session() as session:
        session.execute(text(MANY))
    with db.session() as session:
        session.execute(text("ANALYZE journal"))

    plans = [explained(asked) for asked in PLANS.values()]

    assert all("_journal" in plan and "Seq Scan" not in plan for plan in plans)
    assert "ix_journal_topic" in explained(Search(topic=Topic.DNS))
    assert "ix_journal_told" in explained(Search())


MANY = """
INSERT INTO journal (at, event, account_id, attempt, reason, topic, detail, request_id)
SELECT now(), CASE n % 100 WHEN 0 THEN 'failed' WHEN 1 THEN 'held' ELSE 'sent' END,
CAST(lpad(to_hex(n % 7), 32, '0') AS uuid), 1, 'Because of ' || n,
CASE n % 400 WHEN 0 THEN 'dns' WHEN 1 THEN 'smtp' ELSE '' END, '{}',
CASE n % 100 WHEN 0 THEN '' ELSE 'r' || n END
FROM generate_series(1, 20000) AS n
"""


def explained(asked: Search) -> str:
    with backlog.spoken() as said, db.reading() as session:
        search.find(session, asked)
    statement, values = said[0]
    with db.engine().connect() as connection:
        steps = connection.exec_driver_sql(f"EXPLAIN {statement}", values)
        return "\n".join(step[0] for step in steps)
