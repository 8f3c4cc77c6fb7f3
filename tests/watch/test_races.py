"""Renewals that are not alone: siblings, the vanished, and what ended meanwhile."""

import pytest

from portal import db
from portal.mail import lanes
from portal.mail.journal import Event
from portal.watch import renewal
from portal.workspace import accounts, connections, tokens
from portal.workspace.connections import Consent
from portal.workspace.consent import reset
from portal.workspace.registration import issuers
from tests import trip
from tests.conftest import Passing
from tests.crowd import together
from tests.mail import backlog
from tests.relay import Relay
from tests.watch.steps import (
    connection,
    go_round,
    held,
    refresh_token,
    refuse,
    renewals,
    row,
    told,
)
from tests.workspace import grants
from tests.workspace.spending import lease, rotate


def test_of_many_who_see_it_idle_one_renews_it(between: Relay, passes: Passing) -> None:
    passes(days=1)
    (seen,) = renewal.due()

    together(lambda: renewal.renew(seen), threads=8)

    assert renewals(between) == 1
    assert held() == ""


def test_of_many_who_see_it_fail_one_asks_and_one_tells(
    between: Relay, passes: Passing
) -> None:
    refuse(between, "invalid_grant")
    passes(days=1)
    (seen,) = renewal.due()

    together(lambda: renewal.renew(seen), threads=8)

    assert renewals(between) == 1
    assert len(told()) == 1


def test_a_mail_that_needs_it_at_the_same_time_renews_it_for_both(
    between: Relay, passes: Passing
) -> None:
    passes(days=1)
    between.meanwhile["token"] = go_round

    tokens.current(backlog.account())

    assert renewals(between) == 1


def test_what_a_mail_has_renewed_meanwhile_is_not_renewed_again(
    between: Relay, passes: Passing
) -> None:
    passes(days=1)
    (seen,) = renewal.due()
    tokens.current(backlog.account())

    renewal.renew(seen)

    assert renewals(between) == 1
    assert row().tried_at is None


def test_who_vanished_while_renewing_is_followed_by_another(
    between: Relay, passes: Passing
) -> None:
    passes(days=1)
    lease(connection().id)
    go_round()
    assert (renewals(between), held()) == (0, "")

    passes(hours=1)
    go_round()

    assert renewals(between) == 1


def test_a_refused_token_that_a_sibling_replaced_holds_nothing(
    between: Relay, passes: Passing
) -> None:
    passes(days=1)
    seen = connection().id
    between.meanwhile["token"] = lambda: rotate(seen, "next")
    refuse(between, "invalid_grant")

    go_round()

    assert (held(), told(), connection().trouble) == ("", [], "")
    assert refresh_token() == "geheim~next"


ANSWERS = pytest.mark.parametrize("error", ["", "invalid_grant", "invalid_client"])


@ANSWERS
def test_what_was_reset_while_it_was_renewed_stays_erased(
    between: Relay, passes: Passing, error: str
) -> None:
    passes(days=1)
    old = connection().id
    between.meanwhile["token"] = do_reset
    refuse(between, error)

    go_round()

    kept = grants.row(old)
    assert (kept.sealed_refresh, kept.trouble) == (b"", "")
    assert told() == [Event.ACCOUNT_HELD]  # by the reset


def do_reset() -> None:
    with db.session() as session:
        reset.reset(session, backlog.account(), trip.ANN)


@ANSWERS
def test_what_was_connected_anew_while_it_was_renewed_is_not_held(
    between: Relay, passes: Passing, error: str
) -> None:
    passes(days=1)
    old = connection().id
    between.meanwhile["token"] = connect_anew
    refuse(between, error)

    go_round()

    assert (held(), told()) == ("", [])
    assert (connection().trouble, grants.row(old).trouble) == ("", "")
    assert refresh_token() == "geheim~refresh"


def connect_anew() -> None:
    with db.session() as session:
        account = accounts.find(session).id
        consent = Consent(
            issuer=issuers.known(session, account),
            grant=grants.grant(),
            identity=grants.WHO,
            by=trip.ANN,
        )
        connections.keep(session, account, consent)
        lanes.route(session, account, "tid/oid", 4)
