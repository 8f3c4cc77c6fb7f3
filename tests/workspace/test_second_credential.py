"""Two credentials: which one is asked with, and what a refusal of one tells."""

from datetime import datetime, timedelta
from urllib.parse import parse_qs

import pytest

from portal import clock, db
from portal.issuer.refusals import CredentialRefused
from portal.microsoft import login
from portal.workspace.registration import credentials
from tests.conftest import Passing
from tests.microsoft.scripted import Server
from tests.workspace import grants
from tests.workspace.credentials import (
    MARCH,
    NEW,
    OLD,
    current,
    order,
    proofs,
    register,
)

UNKNOWN = grants.refuse("invalid_client", 7000215, 401)
EXPIRED = grants.refuse("invalid_client", 7000222, 401)


def register_alone(secret: str, ends_at: datetime | None = None) -> None:
    register(secret, ends_at)
    with db.session() as session:
        credentials.remove_former(session)


def shown(server: Server) -> list[str]:
    """Return the secrets that Microsoft was shown, in their order."""
    forms = [parse_qs(request.body.decode()) for request in server.requests]
    return [form["client_secret"][0] for form in forms]


def test_what_microsoft_does_not_know_yet_the_former_one_is_asked_for(
    server: Server, passes: Passing
) -> None:
    register(OLD)
    register(NEW)
    server.will(UNKNOWN, grants.issue("geheim~token"))

    granted = login.app_token(current())

    assert granted.access_token == "geheim~token"
    assert shown(server) == [NEW, OLD]


def test_for_an_hour_whatever_was_refused_is_asked_with_second(
    server: Server, passes: Passing
) -> None:
    register(OLD)
    register(NEW)
    server.will(UNKNOWN, grants.issue())
    login.app_token(current())

    assert order() == [OLD, NEW]
    passes(hours=1)
    assert order() == [NEW, OLD]


def test_what_was_removed_in_entra_the_new_one_is_asked_for(
    server: Server, passes: Passing
) -> None:
    register(OLD)
    register(NEW)
    server.will(UNKNOWN, grants.issue(), UNKNOWN, grants.issue())
    login.app_token(current())

    login.app_token(current())

    assert shown(server) == [NEW, OLD, OLD, NEW]


def test_two_that_are_refused_are_asked_with_once_each(server: Server) -> None:
    register(OLD)
    register(NEW)
    server.will(UNKNOWN, EXPIRED)

    with pytest.raises(CredentialRefused, match="secret has expired"):
        login.app_token(current())

    assert shown(server) == [NEW, OLD]


def test_what_is_no_fault_of_the_credential_is_not_asked_twice(
    server: Server,
) -> None:
    register(OLD)
    register(NEW)
    server.will(grants.refuse("invalid_grant", 50173))

    with pytest.raises(Exception, match="sign in again"):
        login.app_token(current())

    assert shown(server) == [NEW]


@pytest.mark.parametrize("said", [None, MARCH])
def test_a_secret_that_microsoft_says_has_expired_has_ended_by_now(
    server: Server, said: datetime | None
) -> None:
    register_alone(NEW, said)
    server.will(EXPIRED)

    with pytest.raises(CredentialRefused):
        login.app_token(current())

    [only] = proofs()
    assert only.ends_at is not None
    assert only.ends_at <= clock.now()


def test_a_day_that_is_over_already_stays_as_it_was_said(server: Server) -> None:
    past = clock.now() - timedelta(days=3)
    register_alone(NEW, past)
    server.will(EXPIRED)

    with pytest.raises(CredentialRefused):
        login.app_token(current())

    assert [each.ends_at for each in proofs()] == [past]


def test_a_refusal_of_what_was_replaced_meanwhile_is_no_news(
    server: Server, passes: Passing
) -> None:
    register_alone(OLD)
    seen = current()
    passes(minutes=1)
    register_alone(NEW)
    server.will(EXPIRED)

    with pytest.raises(CredentialRefused):
        login.app_token(seen)

    assert [(each.ends_at, each.refused_at) for each in proofs()] == [(None, None)]
