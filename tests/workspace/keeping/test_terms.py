"""For how long what is over is kept, and who says so."""

from dataclasses import replace

import pytest

from portal import config, db
from portal.config import Config
from portal.errors import NotAllowed
from portal.workspace import audit
from portal.workspace.keeping import terms
from portal.workspace.keeping.terms import Terms


def choose(content: int, records: int) -> None:
    with db.session() as session:
        wanted = Terms(content_days=content, records_days=records)
        terms.choose(session, wanted, "Ann")


def in_force() -> tuple[int, int]:
    with db.reading() as session:
        now = terms.in_force(session)
    return now.content_days, now.records_days


def audited() -> list[tuple[str, str, str]]:
    with db.reading() as session:
        entries = audit.page(session, None, 10)
    return [(each.actor, each.action, each.subject) for each in entries]


def test_what_an_admin_chose_counts_and_is_audited(either_house: Config) -> None:
    before = in_force()
    choose(14, 30)
    choose(10, 30)
    choose(10, 30)

    assert (before, in_force()) == ((7, 90), (10, 30))
    assert audited() == [
        ("Ann", "changed retention", "content 10 days, mail log 30 days"),
        ("Ann", "changed retention", "content 14 days, mail log 30 days"),
    ]


@pytest.mark.parametrize(
    ("content", "records", "counts"),
    [
        (None, None, (20, 30)),
        (5, None, (5, 30)),
        (40, None, (40, 40)),  # a record is never forgotten before its content
        (None, 60, (20, 60)),
        (None, 10, (10, 10)),
        (2, 9, (2, 9)),
    ],
)
def test_the_environment_wins(
    house: Config, content: int | None, records: int | None, counts: tuple[int, int]
) -> None:
    choose(20, 30)

    config.use(replace(house, content_days=content, records_days=records))

    assert in_force() == counts


@pytest.mark.parametrize(("content", "records"), [(1, 7), (30, 29)])
def test_a_record_outlives_its_content_and_every_idempotency_key(
    house: Config, content: int, records: int
) -> None:
    with pytest.raises(NotAllowed, match="Idempotency-Key"):
        choose(content, records)

    assert in_force() == (7, 90)
    assert audited() == []


def test_what_the_environment_says_is_not_changed_here(house: Config) -> None:
    config.use(replace(house, content_days=5))

    with pytest.raises(NotAllowed, match="environment"):
        choose(6, 30)
    choose(5, 30)

    assert in_force() == (5, 30)
