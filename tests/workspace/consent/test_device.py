"""Connecting by a device code: the very checks of a browser's trip."""

import pytest

from portal import db
from portal.config import Config
from portal.errors import Conflict, IssuerError, NotConnected
from portal.issuer.refusals import IdentityRefused
from portal.mail import journal
from portal.mail.journal import Event
from portal.workspace import accounts, audit
from portal.workspace.consent import changes
from portal.workspace.consent.changes import Change, Stage
from portal.workspace.consent.connect import device
from portal.workspace.consent.trips import ConsentFailed
from portal.workspace.registration import ONLY, RegistrationRow
from tests import trip
from tests.mail import backlog
from tests.sandbox.serving import Sandbox
from tests.workspace.consent.watching import ANN, NOREPLY, REPORTS


def invited(sender: str | None = None) -> Change:
    with db.session() as session:
        account = accounts.find(session)
        return changes.invite(session, account.id, sender, "operator")


def sign_in(
    sandbox: Sandbox, change: Change, as_: str, answer: str = "accept"
) -> Change:
    visit = device.depart(change)

    def enter(_: float) -> None:
        place, code = visit.code.address, visit.code.user_code
        sandbox.enter_code(place, code, as_=as_, answer=answer)

    return device.arrive(visit, enter)


def now(change: Change) -> Change:
    with db.reading() as session:
        return changes.find(session, change.id)


def test_a_code_connects_as_whoever_typed_it_in(registered: Sandbox) -> None:
    waiting = backlog.put(backlog.account())

    came = sign_in(registered, invited(), REPORTS)

    connection, sender = trip.in_force()
    assert came.stage == Stage.APPLIED
    assert (connection.username, sender) == (REPORTS, REPORTS)
    assert backlog.taken() == [waiting]
    with db.reading() as session:
        assert session.query(audit.AuditRow).one().action == "connected account"
        assert Event.CONNECTED in [line.event for _, line in journal.latest(session, 9)]


def test_another_user_is_proposed_and_confirmed(registered: Sandbox) -> None:
    came = sign_in(registered, invited(NOREPLY), ANN)

    assert came.stage == Stage.PROPOSED
    assert came.proposal
    assert came.proposal.address == ANN
    trip.confirm(came, "operator")
    assert trip.in_force()[1] == NOREPLY


@pytest.mark.parametrize(
    ("fault", "more", "why"),
    [
        ("no-refresh-token", {}, "no lasting permission"),
        ("scope-missing", {"scope": "Mail.Send"}, "did not grant: Mail.Send"),
    ],
)
def test_what_is_not_enough_changes_nothing(
    registered: Sandbox, fault: str, more: dict[str, str], why: str
) -> None:
    registered.fault(fault, None, **more)
    change = invited()

    with pytest.raises(ConsentFailed, match=why):
        sign_in(registered, change, REPORTS)
    assert now(change).stage == Stage.ASKED
    assert why in now(change).trouble


def test_a_guest_is_refused(registered: Sandbox) -> None:
    registered.fault("guest", None)

    with pytest.raises(IdentityRefused, match="guest"):
        sign_in(registered, invited(), "pat@fabrikam.example")


def test_a_declined_sign_in_is_kept_as_trouble(registered: Sandbox) -> None:
    registered.fault("consent-lost")
    change = invited()

    with pytest.raises(IssuerError):
        sign_in(registered, change, REPORTS, answer="cancel")
    assert now(change).trouble


def test_a_change_that_was_replaced_meanwhile_is_not_applied(
    registered: Sandbox,
) -> None:
    visit = device.depart(invited())
    registered.enter_code(visit.code.address, visit.code.user_code, as_=REPORTS)
    trip.invite(NOREPLY)

    with pytest.raises(Conflict):
        device.arrive(visit, lambda _: None)


def test_a_registration_that_was_replaced_meanwhile_is_not_connected(
    here: Sandbox,
) -> None:
    visit = device.depart(invited())
    here.enter_code(visit.code.address, visit.code.user_code, as_=REPORTS)
    with db.session() as session:
        row = session.get_one(RegistrationRow, ONLY)
        row.client_id = "11111111-2222-3333-4444-555555555555"

    with pytest.raises(ConsentFailed, match="changed"):
        device.arrive(visit, lambda _: None)


def test_without_an_application_there_is_no_code(house: Config) -> None:
    with pytest.raises(NotConnected):
        device.depart(invited())
