"""What a trip must bring home before anything counts: proof, and every permission."""

import json
from collections.abc import Callable

import pytest

from portal.errors import IssuerError
from portal.explanations.sign_in import NOT_APPROVED
from portal.sandbox.seeds import CLIENT_SECRET
from portal.workspace.consent.trips import ConsentFailed
from tests import trip
from tests.relay import Answer, Relay
from tests.sandbox.serving import Sandbox
from tests.workspace.consent.watching import (
    NOREPLY,
    REPORTS,
    refused,
    sign_in,
    trouble,
)


def sent_from(address: str) -> str:
    """Take the way home; return the From that is in force then."""
    trip.arrive(address)
    return trip.in_force()[1]


def test_whoever_declines_is_told_and_may_try_again(registered: Sandbox) -> None:
    registered.fault("consent-lost")
    link = trip.invite()

    failed = refused(lambda: trip.arrive(sign_in(registered, link, answer="cancel")))

    assert isinstance(failed, IssuerError)
    assert failed.answer.code == "AADSTS65004"
    assert trouble() == str(failed)
    assert sent_from(sign_in(registered, link)) == REPORTS


def test_a_guest_is_refused(here: Sandbox) -> None:
    here.fault("guest")
    link = trip.invite()

    failed = refused(
        lambda: trip.arrive(sign_in(here, link, as_="pat@fabrikam.example"))
    )

    assert "guest" in str(failed)


def test_a_consent_that_is_not_seen_yet_is_refused(here: Sandbox) -> None:
    back = sign_in(here, trip.invite())
    here.fault("consent-lag")

    failed = refused(lambda: trip.arrive(back))

    assert isinstance(failed, IssuerError)
    assert failed.answer.code == "AADSTS65001"


LAGS = json.dumps(
    {"error": "invalid_grant", "error_codes": [65001], "error_description": "Soon."}
).encode()


def test_a_consent_that_is_seen_late_is_taken(
    between: Relay, microsoft: Sandbox
) -> None:
    back = sign_in(microsoft, trip.invite())
    microsoft.fault("consent-lag")
    between.meanwhile["token"] = microsoft.clear

    assert sent_from(back) == REPORTS


def test_a_code_that_a_lag_has_used_up_is_told_as_the_lag(
    between: Relay, microsoft: Sandbox
) -> None:
    back = sign_in(microsoft, trip.invite())
    between.once["token"] = (400, LAGS)

    failed = refused(lambda: trip.arrive(back))

    assert failed.cause == NOT_APPROVED.name
    assert "try again in a minute" in trouble()


def test_microsoft_out_of_order_is_told_and_may_be_tried_again(here: Sandbox) -> None:
    link = trip.invite()
    back = sign_in(here, link)
    here.fault("token-down")

    refused(lambda: trip.arrive(back), IssuerError)

    assert sent_from(sign_in(here, link)) == REPORTS


def test_a_secret_that_is_over_is_told(here: Sandbox) -> None:
    back = sign_in(here, trip.invite())
    here.fault("secret-expired")

    failed = refused(lambda: trip.arrive(back))

    assert "secret" in str(failed)
    assert CLIENT_SECRET not in str(failed)


def without(name: str) -> Callable[[Answer], Answer]:
    def edit(answer: Answer) -> Answer:
        return {key: value for key, value in answer.items() if key != name}

    return edit


def granting(*names: str) -> Callable[[Answer], Answer]:
    return lambda answer: answer | {"scope": " ".join(names)}


def test_without_a_refresh_token_nothing_is_applied(
    between: Relay, microsoft: Sandbox
) -> None:
    between.edit = without("refresh_token")

    failed = refused(lambda: trip.arrive(sign_in(microsoft, trip.invite())))

    assert "offline_access" in str(failed)


def test_without_an_id_token_nothing_is_applied(
    between: Relay, microsoft: Sandbox
) -> None:
    between.edit = without("id_token")

    refused(lambda: trip.arrive(sign_in(microsoft, trip.invite())))


def test_without_a_permission_nothing_is_applied(
    between: Relay, microsoft: Sandbox
) -> None:
    between.edit = granting("openid", "https://graph.microsoft.com/User.Read")

    failed = refused(lambda: trip.arrive(sign_in(microsoft, trip.invite())))

    assert "did not grant: Mail.Send." in str(failed)


@pytest.mark.parametrize(
    "name", ["mail.send", "https://graph.microsoft.com/Mail.Send", "MAIL.SEND"]
)
def test_a_permission_counts_however_it_is_spelled(
    between: Relay, microsoft: Sandbox, name: str
) -> None:
    between.edit = granting("openid", name)

    assert sent_from(sign_in(microsoft, trip.invite())) == REPORTS


def test_what_was_granted_before_is_neither_used_nor_renewed(
    between: Relay, microsoft: Sandbox
) -> None:
    graph = "https://graph.microsoft.com"
    between.edit = granting("openid", f"{graph}/Mail.Send", f"{graph}/Mail.ReadWrite")

    trip.arrive(sign_in(microsoft, trip.invite()))

    scopes = trip.in_force()[0].scopes
    assert "Mail.Send" in scopes
    assert "Mail.ReadWrite" not in scopes


def test_no_list_of_permissions_means_all_that_were_asked_for(
    between: Relay, microsoft: Sandbox
) -> None:
    between.edit = without("scope")

    trip.arrive(sign_in(microsoft, trip.invite()))

    assert "Mail.Send.Shared" in trip.in_force()[0].scopes


def test_the_shared_permission_is_missed_only_by_another_address(
    between: Relay, microsoft: Sandbox
) -> None:
    between.edit = granting("openid", "Mail.Send")

    other = trip.invite(NOREPLY)
    failed = refused(lambda: trip.arrive(sign_in(microsoft, other)), ConsentFailed)
    assert "Mail.Send.Shared" in str(failed)

    assert sent_from(sign_in(microsoft, trip.invite(REPORTS))) == REPORTS


def test_an_identity_from_elsewhere_is_refused(
    between: Relay, microsoft: Sandbox
) -> None:
    forged = "e30.e30.c2lnbmF0dXJl"
    between.edit = lambda answer: answer | {"id_token": forged}

    refused(lambda: trip.arrive(sign_in(microsoft, trip.invite())))
