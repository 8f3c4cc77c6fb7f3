"""While Microsoft is asked: a trip does not bring back what ended meanwhile."""

from collections.abc import Callable

import pytest

from portal import db
from portal.sandbox.seeds import CLIENT_SECRET, TENANT_ID
from portal.workspace import accounts, registration
from portal.workspace.consent import changes, reset
from tests import stored, trip
from tests.relay import Relay
from tests.trip import ANN
from tests.web.browsing import Browser, words

BEN = "ben@contoso.example"
NOREPLY = "noreply@contoso.example"
OTHER = "fab21ca0-5a1d-4b0c-9c0d-000000000002"


def do_reset() -> None:
    with db.session() as session:
        reset.reset(session, accounts.find(session).id, BEN)


def replace_application() -> None:
    with db.session() as session:
        other = registration.application(
            tenant=TENANT_ID, client_id=OTHER, secret=CLIENT_SECRET, certificate=None
        )
        registration.register(session, other, admin=ANN, replace=True)


def discard() -> None:
    with db.session() as session:
        change = changes.pending(session, accounts.find(session).id)
        assert change
        changes.discard(session, change.id, BEN)


def ask_for_another() -> None:
    trip.ask(NOREPLY, by=BEN)


MEANWHILE: dict[str, Callable[[], None]] = {
    "Reset": do_reset,
    "another application": replace_application,
    "discarded": discard,
    "another change": ask_for_another,
}


@pytest.mark.parametrize("what", MEANWHILE)
def test_a_sign_in_does_not_bring_back_what_ended_meanwhile(
    either_ann: Browser, between: Relay, what: str
) -> None:
    change = either_ann.ask(ANN)
    either_ann.travel(f"/consent/{change}")
    between.meanwhile["token"] = MEANWHILE[what]

    page = either_ann.follow(either_ann.travel(f"/consent/{change}"))

    assert page.status_code == 400
    assert "Nothing has changed: mail keeps leaving as before" in words(page)
    assert stored.rows("connection") == 0
