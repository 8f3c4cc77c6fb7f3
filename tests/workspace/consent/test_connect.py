"""Connecting: From, switch and tokens change together, when somebody has decided so."""

from urllib.parse import parse_qs, urlsplit

import pytest

from portal import config, db
from portal.config import Config
from portal.errors import Conflict, NotConnected, NotFound
from portal.mail import journal
from portal.mail.journal import Event
from portal.workspace import accounts, audit, connections, tokens
from portal.workspace.accounts import Settings
from portal.workspace.connections import ConnectionRow
from portal.workspace.consent import changes
from portal.workspace.consent.changes import Change, Stage
from portal.workspace.consent.trips import ConsentFailed, TripRow
from tests import trip
from tests.mail import backlog
from tests.sandbox.serving import Sandbox
from tests.workspace.consent.watching import (
    ANN,
    NOREPLY,
    REPORTS,
    refused,
    sign_in,
)

BEA = "bea@contoso.example"


def come_home(
    sandbox: Sandbox, change: Change, as_: str, admin: str | None = ANN
) -> Change:
    """Sign in for a change; return what became of it."""
    came = trip.arrive(sign_in(sandbox, change.link, as_), admin=admin)
    assert came is not None
    return came


def stage(change: Change) -> Stage:
    with db.reading() as session:
        return changes.find(session, change.id).stage


def test_a_consent_is_applied_as_a_whole(registered: Sandbox) -> None:
    waiting = backlog.put(backlog.account())

    trip.arrive(sign_in(registered, trip.invite()))

    connection, sender = trip.in_force()
    assert (connection.username, sender) == (REPORTS, REPORTS)
    assert connection.scopes >= {"Mail.Send", "Mail.Send.Shared", "offline_access"}
    assert backlog.taken() == [waiting]
    with db.reading() as session:
        assert accounts.find(session).version == 2
        assert session.query(audit.AuditRow).one().action == "connected account"
        lines = [line.event for _, line in journal.latest(session, 100)]
    assert Event.CONNECTED in lines


def test_the_tokens_that_came_home_can_be_spent(registered: Sandbox) -> None:
    trip.arrive(sign_in(registered, trip.invite()))

    token = tokens.current(backlog.account())

    assert token.access.count(".") == 2
    assert token.connection
    assert token.connection.username == REPORTS


def test_microsoft_is_asked_for_what_we_need_and_no_more(here: Sandbox) -> None:
    away = urlsplit(trip.depart(trip.invite()))
    query = {name: value[0] for name, value in parse_qs(away.query).items()}

    assert set(query["scope"].split()) == {
        "https://graph.microsoft.com/Mail.Send",
        "https://graph.microsoft.com/Mail.Send.Shared",
        *("offline_access", "openid", "profile", "email"),
    }
    assert query["prompt"] == "select_account"
    assert query["code_challenge_method"] == "S256"
    assert "login_hint" not in query
    assert query["redirect_uri"] == config.current().redirect_uri


@pytest.mark.parametrize("scope", ["Mail.Send.Shared", "Mail.ReadWrite.Shared"])
@pytest.mark.parametrize("sender", [ANN, NOREPLY])
def test_what_is_shared_is_missed_for_another_address_alone(
    registered: Sandbox, sender: str, scope: str
) -> None:
    change = trip.ask(sender, large=True)
    registered.fault("scope-missing", scope=scope)
    back = sign_in(registered, change.link, ANN)

    if sender == ANN:
        assert trip.arrive(back, admin=ANN)
    else:
        with pytest.raises(ConsentFailed, match=f"did not grant: {scope}"):
            trip.arrive(back, admin=ANN)


def test_a_newer_consent_takes_the_place_of_the_old(registered: Sandbox) -> None:
    old, _ = trip.connect_as(registered, REPORTS)
    new, _ = trip.connect_as(registered, ANN, ANN)

    with db.reading() as session:
        assert connections.find(session, backlog.account()) == new
        assert session.get_one(ConnectionRow, old.id).retired_at


def test_a_link_that_is_none_begins_no_trip(registered: Sandbox) -> None:
    with pytest.raises(NotFound):
        trip.depart("nothing")

    with db.reading() as session:
        assert session.query(TripRow).count() == 0


def test_without_an_application_there_is_no_trip(house: Config) -> None:
    with pytest.raises(NotConnected):
        trip.depart(trip.invite())


def test_a_link_that_has_served_begins_no_trip(registered: Sandbox) -> None:
    link = trip.invite()
    trip.arrive(sign_in(registered, link))

    with pytest.raises(NotFound):
        trip.depart(link)


def test_of_two_trips_of_one_link_the_first_home_wins(registered: Sandbox) -> None:
    link = trip.invite()
    one = sign_in(registered, link)
    other = sign_in(registered, link, as_=ANN)
    trip.arrive(other)

    failed = refused(lambda: trip.arrive(one), Conflict)

    assert "applied already" in str(failed)


def test_a_change_that_was_replaced_says_by_whom(registered: Sandbox) -> None:
    back = sign_in(registered, trip.ask(REPORTS).link)
    trip.ask(NOREPLY, by=BEA)

    failed = refused(lambda: trip.arrive(back, admin=ANN), Conflict)

    assert f"{BEA} has asked for another change" in str(failed)
    assert NOREPLY in str(failed)


def test_an_account_that_somebody_changed_meanwhile_is_left_alone(
    registered: Sandbox,
) -> None:
    back = sign_in(registered, trip.invite())
    with db.session() as session:
        settings = Settings(sender=NOREPLY, large_attachments=False)
        accounts.apply(session, backlog.account(), settings, BEA)

    failed = refused(lambda: trip.arrive(back), Conflict)

    assert f"{BEA} changed these settings" in str(failed)
    assert NOREPLY in str(failed)


def test_who_signs_in_as_from_itself_is_applied_at_once(registered: Sandbox) -> None:
    came = come_home(registered, trip.ask(REPORTS), REPORTS)

    assert came.stage is Stage.APPLIED
    connection, sender = trip.in_force()
    assert (connection.username, sender) == (REPORTS, REPORTS)
    assert connection.connected_by == ANN


def test_anybody_else_is_proposed_and_nothing_changes(registered: Sandbox) -> None:
    trip.connect_as(registered, ANN)
    wish = trip.ask(NOREPLY)

    came = come_home(registered, wish, REPORTS)

    assert came.stage is Stage.PROPOSED
    assert came.proposal is not None
    assert came.proposal.address == REPORTS
    assert trip.in_force()[1] == ANN


def test_a_proposal_counts_when_it_is_confirmed(registered: Sandbox) -> None:
    proposed = come_home(registered, trip.ask(NOREPLY), REPORTS)

    confirmed = trip.confirm(proposed, BEA)

    assert confirmed.stage is Stage.APPLIED
    connection, sender = trip.in_force()
    assert (connection.username, sender) == (REPORTS, NOREPLY)
    assert connection.connected_by == BEA
    assert tokens.current(backlog.account()).access.count(".") == 2


def test_a_proposal_is_confirmed_once(registered: Sandbox) -> None:
    proposed = come_home(registered, trip.ask(NOREPLY), REPORTS)
    trip.confirm(proposed, ANN)

    refused(lambda: trip.confirm(proposed, ANN), Conflict)


def test_without_a_proposal_there_is_nothing_to_confirm(here: Sandbox) -> None:
    wish = trip.ask(NOREPLY)

    refused(lambda: trip.confirm(wish, ANN), Conflict)


def test_signing_in_again_replaces_the_proposal(here: Sandbox) -> None:
    wish = trip.ask(NOREPLY)
    seen = come_home(here, wish, REPORTS)

    came = come_home(here, wish, ANN)

    assert came.proposal is not None
    assert came.proposal.address == ANN
    refused(lambda: trip.confirm(seen, BEA), Conflict)


@pytest.mark.parametrize("sender", [REPORTS, NOREPLY])
def test_what_comes_by_a_link_waits_for_an_admin(here: Sandbox, sender: str) -> None:
    wish = trip.ask(sender)

    came = come_home(here, wish, REPORTS, admin=None)

    assert came.stage is Stage.PROPOSED


def test_the_operators_link_decides_by_itself(here: Sandbox) -> None:
    trip.arrive(sign_in(here, trip.invite(REPORTS)))

    connection, sender = trip.in_force()
    assert (connection.connected_by, sender) == ("operator", REPORTS)


def test_the_same_account_signs_in_again_without_a_question(here: Sandbox) -> None:
    trip.connect_as(here, REPORTS, NOREPLY)

    came = come_home(here, trip.ask(NOREPLY), REPORTS)

    assert came.stage is Stage.APPLIED


def test_a_new_from_is_asked_about_even_so(here: Sandbox) -> None:
    trip.connect_as(here, REPORTS, NOREPLY)

    came = come_home(here, trip.ask("team@contoso.example"), REPORTS)

    assert came.stage is Stage.PROPOSED


def test_the_switch_is_put_in_force_with_the_rest(registered: Sandbox) -> None:
    come_home(registered, trip.ask(REPORTS, large=True), REPORTS)

    assert "Mail.ReadWrite" in trip.in_force()[0].scopes
    with db.reading() as session:
        assert accounts.find(session).large_attachments


def test_the_tokens_of_a_proposal_cannot_be_read(here: Sandbox, house: Config) -> None:
    come_home(here, trip.ask(NOREPLY), REPORTS)
    db.disconnect()

    for path in house.instance.iterdir():
        assert b"eyJ" not in path.read_bytes()


def test_a_proposal_of_another_application_is_refused(
    here: Sandbox, house: Config
) -> None:
    proposed = come_home(here, trip.ask(NOREPLY), REPORTS)
    config.use(house)  # where Microsoft is elsewhere

    refused(lambda: trip.confirm(proposed, ANN), ConsentFailed)

    assert stage(proposed) is Stage.PROPOSED


def test_a_change_that_was_discarded_keeps_no_tokens(here: Sandbox) -> None:
    proposed = come_home(here, trip.ask(NOREPLY), REPORTS)

    with db.session() as session:
        changes.discard(session, proposed.id, ANN)

    with db.reading() as session:
        (row,) = session.query(changes.ChangeRow)
        assert row.sealed_proposal is None
    refused(lambda: trip.confirm(proposed, ANN), Conflict)
