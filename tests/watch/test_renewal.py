"""The daily renewal: who is renewed when, and what a failure leads to."""

from dataclasses import replace
from datetime import timedelta

import pytest

from portal import clock, config, db
from portal.config import Config
from portal.mail.journal import Event
from portal.watch import renewal, rounds
from portal.workspace import accounts, audit, connections, standing, tokens
from portal.workspace.standing import State
from tests import stored
from tests.conftest import Passing
from tests.mail import backlog
from tests.relay import Relay
from tests.sandbox.serving import Sandbox
from tests.watch.steps import (
    connection,
    go_round,
    held,
    refresh_token,
    refuse,
    row,
    told,
)
from tests.workspace import grants

ANN = "admin@contoso.example"


def test_what_was_idle_for_a_day_is_renewed(contoso: Config, passes: Passing) -> None:
    before = refresh_token()
    passes(days=1)

    go_round()

    assert row().renewed_at == clock.now()
    assert refresh_token() != before
    assert (held(), told()) == ("", [])


def test_a_mailbox_that_was_renamed_is_called_by_its_new_name_and_from_stays(
    contoso: Config, sandbox: Sandbox
) -> None:
    grants.send_as(ANN)
    sandbox.fault("renamed", user=ANN, to="ann@contoso.example")

    assert tokens.renew(connection())

    found = connection()
    assert (found.username, found.email) == ("ann@contoso.example",) * 2
    assert found.left_behind(ANN)
    assert (found.owns("ann@contoso.example"), found.owns(ANN)) == (True, False)
    with db.reading() as session:
        assert accounts.find(session).sender == ANN
        [told] = audit.page(session, None, 1)
    assert told.action == "renamed the mailbox, From stays"
    assert (told.actor, told.subject) == ("Microsoft", "ann@contoso.example")


def test_a_mailbox_of_the_same_name_is_nothing_to_tell(contoso: Config) -> None:
    before = stored.rows("audit")

    assert tokens.renew(connection())

    assert stored.rows("audit") == before


@pytest.mark.parametrize("claim", ["oid", "tid"])
def test_another_user_of_whatever_name_renames_nothing(
    contoso: Config, claim: str
) -> None:
    mine = row()
    ids = {"tid": mine.tid, "oid": mine.oid} | {claim: "another"}
    other = replace(grants.WHO, tid=ids["tid"], oid=ids["oid"])

    renamed = connections.rename(mine, other, ANN)

    assert (renamed, mine.username) == (False, ANN)


def test_what_was_idle_for_less_is_left_alone(contoso: Config, passes: Passing) -> None:
    passes(hours=22)

    assert renewal.due() == []


def test_what_is_spent_is_not_idle(contoso: Config, passes: Passing) -> None:
    passes(hours=22)
    tokens.current(backlog.account())
    passes(hours=22)

    assert renewal.due() == []


def test_a_token_that_still_lives_is_renewed_too(
    between: Relay, passes: Passing
) -> None:
    between.edit = lambda answer: answer | {"expires_in": 86_400}
    passes(days=1)
    go_round()
    passes(hours=23)

    go_round()

    assert row().renewed_at == clock.now()


def test_without_a_new_refresh_token_the_old_one_is_kept(
    contoso: Config, sandbox: Sandbox, passes: Passing
) -> None:
    sandbox.fault("no-refresh-token")
    before = refresh_token()
    passes(days=1)

    go_round()

    assert row().renewed_at == clock.now()
    assert refresh_token() == before


def test_a_retired_connection_is_never_renewed(
    contoso: Config, passes: Passing
) -> None:
    passes(days=1)
    (seen,) = renewal.due()
    with db.session() as session:
        connections.retire(session, seen.account_id)

    renewal.renew(seen)

    assert renewal.due() == []
    with db.reading() as session:
        kept = session.get_one(connections.ConnectionRow, seen.id)
    assert (kept.renewed_at, kept.tried_at) == (seen.renewed_at, None)


def test_the_tokens_of_another_application_are_not_renewed(
    contoso: Config, passes: Passing
) -> None:
    passes(days=1)

    config.use(replace(contoso, login_url="https://login.elsewhere.example"))

    assert renewal.due() == []


def test_a_revoked_sign_in_holds_its_account_before_any_mail_does(
    contoso: Config, sandbox: Sandbox, passes: Passing
) -> None:
    before = refresh_token()
    sandbox.fault("revoked")
    passes(days=1)

    go_round()

    with db.reading() as session:
        found = standing.now(session)
    assert (found.state, found.reason) == (State.RECONNECT, connection().trouble)
    assert (held(), told()) == (connection().trouble, [Event.ACCOUNT_HELD])
    assert refresh_token() == before


@pytest.mark.parametrize(
    "error", ["invalid_grant", "interaction_required", "consent_required"]
)
def test_whatever_asks_for_a_person_holds_the_account(
    between: Relay, passes: Passing, error: str
) -> None:
    refuse(between, error)
    passes(days=1)

    go_round()

    assert connection().trouble == held() != ""
    assert told() == [Event.ACCOUNT_HELD]


def test_what_is_in_trouble_is_tried_once_a_day_and_held_once(
    contoso: Config, sandbox: Sandbox, passes: Passing
) -> None:
    sandbox.fault("revoked")
    passes(days=1)
    go_round()

    passes(hours=22)
    assert renewal.due() == []
    passes(hours=1)
    go_round()

    assert row().tried_at == clock.now()
    assert told() == [Event.ACCOUNT_HELD]


def test_a_refused_credential_is_the_operators_and_costs_no_sign_in(
    contoso: Config, sandbox: Sandbox, passes: Passing
) -> None:
    before = refresh_token()
    sandbox.fault("secret-expired")
    passes(days=1)

    go_round()

    assert "secret" in held()
    assert told() == [Event.ACCOUNT_HELD]
    assert (connection().trouble, refresh_token()) == ("", before)


@pytest.mark.parametrize("fault", ["token-down", "html"])
def test_what_passes_holds_nothing_and_is_tried_after_an_hour(
    contoso: Config, sandbox: Sandbox, passes: Passing, fault: str
) -> None:
    sandbox.fault(fault)
    passes(days=1)
    go_round()
    assert (held(), told(), connection().trouble) == ("", [], "")

    passes(minutes=59)
    assert renewal.due() == []
    passes(minutes=1)
    go_round()

    assert row().renewed_at == clock.now()


@pytest.mark.parametrize("error", ["invalid_request", "invalid_grant"])
def test_a_number_that_says_busy_holds_nothing(
    between: Relay, passes: Passing, error: str
) -> None:
    refuse(between, error, 90055)
    passes(days=1)

    go_round()

    assert (held(), told(), connection().trouble) == ("", [], "")


def test_microsoft_out_of_reach_holds_nothing(between: Relay, passes: Passing) -> None:
    between.instead["token"] = 429, b""
    passes(days=1)

    go_round()

    assert (held(), told(), connection().trouble) == ("", [], "")


def test_the_longest_idle_is_renewed_at_least_once_a_day() -> None:
    assert timedelta(days=1) >= renewal.IDLE + 1.5 * rounds.REST
