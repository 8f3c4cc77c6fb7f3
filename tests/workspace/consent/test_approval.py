"""Approval: by an admin of the organization, and only a claim until it is proven."""

from urllib.parse import parse_qs, urlsplit

import pytest

from portal import config, db
from portal.config import Config
from portal.errors import Conflict, IssuerError, NotFound
from portal.workspace import accounts, tokens
from portal.workspace.consent import approval, changes, reset
from portal.workspace.consent.changes import Change, Stage
from tests import trip
from tests.conftest import Passing
from tests.sandbox.serving import Sandbox
from tests.workspace.consent.watching import (
    ANN,
    NOREPLY,
    REPORTS,
    approve,
    refused,
    sign_in,
    with_,
)

ALEX = "alex@contoso.example"


def now(change: Change) -> Change:
    with db.reading() as session:
        return changes.find(session, change.id)


def needed(change: Change) -> bool:
    with db.reading() as session:
        return approval.needed(session, changes.find(session, change.id))


def standing_link() -> str:
    with db.reading() as session:
        return approval.link(session)


def test_an_approval_lets_the_change_go_on(registered: Sandbox) -> None:
    wish = trip.ask(REPORTS)
    assert needed(wish)

    trip.arrive(approve(registered, wish.approval_link))

    assert now(wish).stage is Stage.APPROVED
    assert not needed(wish)


def test_an_admin_approves_exactly_what_is_wanted(here: Sandbox) -> None:
    large, small = trip.ask(REPORTS, large=True), trip.ask(REPORTS)
    large = trip.ask(REPORTS, large=True)

    asked = parse_qs(urlsplit(trip.depart_to_approve(large.approval_link)).query)

    assert "https://graph.microsoft.com/Mail.ReadWrite" in asked["scope"][0].split()
    assert asked["redirect_uri"] == [config.current().redirect_uri]
    assert small.id != large.id


def test_what_is_approved_needs_no_consent_of_the_user(here: Sandbox) -> None:
    here.fault("user-consent-off", None)
    wish = trip.ask(REPORTS)
    trip.arrive(approve(here, wish.approval_link))

    trip.arrive(sign_in(here, wish.link), admin=ANN)

    assert trip.in_force()[1] == REPORTS


def test_who_may_not_approve_leaves_it_waiting(registered: Sandbox) -> None:
    wish = trip.ask(REPORTS)

    back = approve(registered, wish.approval_link, as_=ALEX)
    refused(lambda: trip.arrive(back), IssuerError)

    assert now(wish).stage is Stage.WAITING
    assert needed(wish)
    assert now(wish).trouble


def test_an_error_counts_though_it_says_admin_consent(registered: Sandbox) -> None:
    wish = trip.ask(REPORTS)
    back = approve(registered, wish.approval_link, answer="cancel")
    assert "admin_consent=True" in back

    refused(lambda: trip.arrive(back), IssuerError)

    assert now(wish).stage is Stage.WAITING


def test_microsoft_out_of_order_is_no_refusal(registered: Sandbox) -> None:
    wish = trip.ask(REPORTS)
    back = with_(approve(registered, wish.approval_link), error="server_error")

    refused(lambda: trip.arrive(back), IssuerError)

    assert now(wish).stage is Stage.ASKED


def test_a_waiting_change_goes_on_once_it_is_approved(registered: Sandbox) -> None:
    wish = trip.ask(REPORTS)
    back = approve(registered, wish.approval_link, as_=ALEX)
    refused(lambda: trip.arrive(back), IssuerError)

    trip.arrive(approve(registered, wish.approval_link))

    assert now(wish).stage is Stage.APPROVED
    assert now(wish).trouble == ""


def test_a_forged_approval_proves_nothing(registered: Sandbox) -> None:
    registered.fault("consent-lost")
    registered.fault("user-consent-off", None)
    wish = trip.ask(REPORTS)
    honest = trip.depart_to_approve(wish.approval_link)
    state = parse_qs(urlsplit(honest).query)["state"][0]

    trip.arrive(
        f"http://localhost:5000/callback?admin_consent=True&tenant=anything&state={state}"
    )
    back = sign_in(registered, wish.link)

    refused(lambda: trip.arrive(back, admin=ANN), IssuerError)


def test_what_was_granted_before_needs_no_approval(registered: Sandbox) -> None:
    trip.connect_as(registered, REPORTS, NOREPLY)

    assert not needed(trip.ask("team@contoso.example"))
    assert needed(trip.ask(NOREPLY, large=True))


def test_an_approval_of_what_was_replaced_is_told(registered: Sandbox) -> None:
    wish = trip.ask(REPORTS)
    back = approve(registered, wish.approval_link)
    trip.ask(NOREPLY, by="bea@contoso.example")

    failed = refused(lambda: trip.arrive(back), Conflict)

    assert "bea@contoso.example" in str(failed)


def test_a_standing_link_serves_where_nothing_is_pending(registered: Sandbox) -> None:
    back = approve(registered, standing_link())

    trip.arrive(back)

    assert "admin_consent=True" in back


def test_a_standing_link_approves_what_is_pending_too(registered: Sandbox) -> None:
    wish = trip.ask(REPORTS, large=True)

    trip.arrive(approve(registered, standing_link()))

    assert now(wish).stage is Stage.APPROVED


def test_reset_ends_both_kinds_of_links(registered: Sandbox) -> None:
    wish, old = trip.ask(REPORTS), standing_link()
    with db.session() as session:
        reset.reset(session, accounts.find(session).id, ANN)

    for link in (old, wish.approval_link):
        with pytest.raises(NotFound):
            trip.depart_to_approve(link)
    assert standing_link() != old


def test_whatever_is_no_link_leads_nowhere(registered: Sandbox) -> None:
    for link in ("", "x", "\ud800", "ä" * 999):
        with pytest.raises(NotFound):
            trip.depart_to_approve(link)


def test_without_an_application_there_is_no_link(house: Config) -> None:
    assert standing_link() == ""
    with pytest.raises(NotFound):
        trip.depart_to_approve("")


def test_an_approval_of_another_application_does_not_count(
    here: Sandbox, house: Config
) -> None:
    wish = trip.ask(REPORTS)
    trip.arrive(approve(here, wish.approval_link))
    assert not needed(wish)

    config.use(house)  # where Microsoft is elsewhere

    assert needed(wish)


def test_an_approval_that_is_young_is_not_forgotten(registered: Sandbox) -> None:
    wish = trip.ask(REPORTS)
    trip.arrive(approve(registered, wish.approval_link))
    registered.fault("consent-lag", None)
    back = sign_in(registered, wish.link)

    refused(lambda: trip.arrive(back, admin=ANN), IssuerError)

    assert now(wish).stage is Stage.APPROVED
    assert now(wish).trouble
    assert not needed(wish)
    registered.clear()
    trip.arrive(sign_in(registered, wish.link), admin=ANN)
    assert now(wish).stage is Stage.APPLIED


def test_what_anybody_may_claim_is_forgotten_at_once(registered: Sandbox) -> None:
    wish = trip.ask(REPORTS)
    trip.arrive(approve(registered, standing_link()))
    registered.fault("consent-lag", None)
    back = sign_in(registered, wish.link)

    refused(lambda: trip.arrive(back, admin=ANN), IssuerError)

    assert now(wish).stage is Stage.WAITING


def test_one_that_is_older_was_none_and_is_waited_for(
    here: Sandbox, passes: Passing
) -> None:
    wish = trip.ask(REPORTS)
    trip.arrive(approve(here, wish.approval_link))
    passes(seconds=tokens.FRESH.total_seconds())
    here.fault("consent-lost")
    here.fault("user-consent-off", None)
    back = sign_in(here, wish.link)

    refused(lambda: trip.arrive(back, admin=ANN), IssuerError)

    assert now(wish).stage is Stage.WAITING
