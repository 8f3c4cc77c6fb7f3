"""Who changed what stays written, as long as the change does."""

from contextlib import suppress

from portal import clock, db
from portal.config import Config
from portal.workspace import audit
from portal.workspace.audit import AuditRow
from tests.conftest import Passing


def test_a_change_is_written_down(either_house: Config, passes: Passing) -> None:
    with db.session() as session:
        audit.note(session, "ann@contoso.example", "created key", "Größe")

    with db.reading() as session:
        [row] = session.query(AuditRow).all()
    assert (row.actor, row.action) == ("ann@contoso.example", "created key")
    assert (row.subject, row.at) == ("Größe", clock.now())


def test_a_change_that_did_not_happen_is_not_written_down(
    either_house: Config,
) -> None:
    with suppress(ZeroDivisionError), db.session() as session:
        audit.note(session, "ann@contoso.example", "created key", "x")
        session.flush()
        raise ZeroDivisionError

    with db.reading() as session:
        assert session.query(AuditRow).count() == 0


def test_changes_are_read_page_by_page_the_newest_first(either_house: Config) -> None:
    with db.session() as session:
        for name in "abcde":
            audit.note(session, "ann@contoso.example", "created key", name)
            session.flush()

    with db.reading() as session:
        newest = audit.page(session, None, 2)
        older = audit.page(session, newest[-1].id, 2)

    assert [each.subject for each in newest] == ["e", "d"]
    assert [each.subject for each in older] == ["c", "b"]
