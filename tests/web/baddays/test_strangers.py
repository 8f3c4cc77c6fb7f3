"""Who may not, and who was shown something else: nothing is decided by them."""

from uuid import UUID

from portal import db
from portal.workspace.consent import changes
from portal.workspace.consent.changes import Stage
from tests import stored, trip
from tests.web.browsing import Browser, value, words

ALEX = "alex@contoso.example"
BEN = "ben@contoso.example"
NOREPLY = "noreply@contoso.example"
REPORTS = "reports@contoso.example"


def now(change_id: UUID) -> Stage:
    with db.reading() as session:
        return changes.find(session, change_id).stage


def test_what_is_confirmed_is_the_change_that_was_shown(ann: Browser) -> None:
    shown = ann.enable(NOREPLY, REPORTS)
    form = {"change": value(ann.get("/settings"), "change"), "account": REPORTS}
    newer = trip.ask("team@contoso.example", by=BEN)
    ann.travel(f"/consent/{newer.id}")
    ann.travel(f"/consent/{newer.id}", REPORTS)

    page = ann.follow(ann.post("/settings/proposal", form))

    assert form["change"] == str(shown)
    assert "There is nothing to confirm any more." in words(page)
    assert stored.rows("connection") == 0
    assert now(newer.id) == Stage.PROPOSED


def test_what_is_discarded_is_the_change_that_was_shown(ann: Browser) -> None:
    ann.ask(NOREPLY)
    form = {"change": value(ann.get("/settings"), "change")}
    newer = trip.ask(REPORTS, by=BEN)

    page = ann.follow(ann.post("/settings/change/withdrawal", form))

    assert "There is nothing to discard any more." in words(page)
    assert now(newer.id) == Stage.ASKED
