"""Renewing tokens: by one at a time, kept when it fails; the newest always counts."""

from datetime import timedelta
from urllib.parse import parse_qs
from uuid import UUID

import pytest

from portal import db
from portal.config import Config
from portal.errors import IssuerError, NotConnected
from portal.workspace import connections, tokens
from portal.workspace.connections import ConnectionRow
from tests.conftest import Passing
from tests.crowd import together
from tests.mail import backlog
from tests.microsoft.scripted import Server
from tests.workspace import grants
from tests.workspace.spending import (
    connect,
    current,
    kept,
    lease,
    meanwhile,
    rotate,
)

HOUR = timedelta(hours=1)
ENDED = grants.refuse("invalid_grant", 50173)


def spent(server: Server) -> list[str]:
    """Return the refresh tokens that Microsoft was shown, in their order."""
    forms = [parse_qs(request.body.decode()) for request in server.requests]
    return [form["refresh_token"][0] for form in forms]


def trouble() -> str:
    """Return what is wrong with the connection in use."""
    with db.reading() as session:
        found = connections.find(session, backlog.account())
    assert found is not None
    return found.trouble


def test_eight_who_need_it_at_once_renew_it_once(server: Server) -> None:
    connect()
    server.will(grants.issue("geheim~new"))
    got: list[str] = []

    together(lambda: got.append(current()), threads=8)

    assert got == ["geheim~new"] * 8
    assert len(server.requests) == 1


def test_who_vanished_while_renewing_is_waited_for_no_longer_than_a_lease(
    server: Server, passes: Passing
) -> None:
    connection = connect()
    lease(connection)
    passes(seconds=tokens.RENEWAL_LEASE.total_seconds())
    server.will(grants.issue("geheim~new"))

    assert current() == "geheim~new"


def test_one_waits_longer_than_a_lease_may_last() -> None:
    waits = timedelta(seconds=tokens.WAITS * tokens.WAIT_SECONDS)

    assert waits > tokens.RENEWAL_LEASE


@pytest.mark.parametrize(
    ("error", "number"),
    [
        ("invalid_grant", 50173),
        ("interaction_required", 50076),
        ("consent_required", 65001),
    ],
)
def test_a_consent_that_ended_keeps_its_tokens_and_tells(
    server: Server, passes: Passing, error: str, number: int
) -> None:
    connection = connect()
    passes(seconds=tokens.FRESH.total_seconds())
    server.will(grants.refuse(error, number))

    with pytest.raises(NotConnected) as told:
        current()

    row = grants.row(connection)
    assert row.trouble == str(told.value) != ""
    assert (row.renewal, row.retired_at) == (None, None)
    assert kept(connection, "refresh") == "geheim~refresh"
    assert "geheim" not in row.trouble


@pytest.mark.parametrize(
    ("error", "number"),
    [
        ("invalid_grant", 65001),
        ("unauthorized_client", 700016),
        ("invalid_request", 650051),
    ],
)
def test_a_young_consent_that_is_not_seen_everywhere_is_asked_again_soon(
    server: Server, error: str, number: int
) -> None:
    connection = connect()
    server.will(grants.refuse(error, number), grants.issue("geheim~new"))

    with pytest.raises(IssuerError) as told:
        current()

    row = grants.row(connection)
    assert (told.value.passing, told.value.after) == (True, tokens.LAG_WAIT)
    assert (row.trouble, row.renewal) == ("", None)
    assert current() == "geheim~new"


def test_a_consent_that_works_again_is_in_trouble_no_more(server: Server) -> None:
    connect()
    server.will(ENDED, grants.issue())
    with pytest.raises(NotConnected):
        current()

    current()

    assert trouble() == ""


@pytest.mark.parametrize(
    ("error", "number", "status", "passing"),
    [
        ("invalid_client", 7000215, 401, False),
        ("temporarily_unavailable", 90033, 503, True),
    ],
)
def test_a_refusal_that_is_nobodys_consent_costs_no_connection(
    server: Server, error: str, number: int, status: int, passing: bool
) -> None:
    connection = connect()
    server.will(grants.refuse(error, number, status))

    with pytest.raises(IssuerError) as told:
        current()

    row = grants.row(connection)
    assert told.value.passing is passing
    assert (row.trouble, row.renewal, row.retired_at) == ("", None, None)
    assert kept(connection, "refresh") == "geheim~refresh"


def test_microsoft_out_of_reach_costs_no_connection(either_house: Config) -> None:
    grants.redirect_to("http://127.0.0.1:1")
    grants.register()
    connection = connect()

    with pytest.raises(IssuerError) as told:
        current()

    assert told.value.passing
    assert grants.row(connection).renewal is None


def test_a_refused_token_that_another_replaced_ends_no_consent(server: Server) -> None:
    connection = connect()
    server.will(meanwhile(lambda: rotate(connection, "next"), ENDED), grants.issue())

    assert current() == "geheim~new"

    assert spent(server) == ["geheim~refresh", "geheim~next"]
    assert trouble() == ""


def test_what_another_stored_and_lives_is_spent_without_asking_again(
    server: Server,
) -> None:
    connection = connect()
    server.will(meanwhile(lambda: rotate(connection, "next", HOUR), ENDED))

    assert current() == "geheim~next"

    assert spent(server) == ["geheim~refresh"]
    assert (trouble(), grants.row(connection).renewal) == ("", None)


def test_a_consent_is_over_when_the_newest_token_is_refused(server: Server) -> None:
    connection = connect()
    server.will(meanwhile(lambda: rotate(connection, "next"), ENDED), ENDED)

    with pytest.raises(NotConnected):
        current()

    assert spent(server) == ["geheim~refresh", "geheim~next"]
    assert trouble() != ""


def test_an_answer_to_an_older_token_overwrites_no_newer_one(server: Server) -> None:
    connection = connect()
    late = grants.issue("geheim~late", refresh_token="geheim~late")
    server.will(meanwhile(lambda: rotate(connection, "next"), late))

    assert current() == "geheim~late"

    assert kept(connection, "refresh") == "geheim~next"
    assert grants.row(connection).renewal is None


def test_who_was_slower_than_his_lease_overwrites_nothing(server: Server) -> None:
    connection = connect()
    late = grants.issue("geheim~late", refresh_token="geheim~late")
    server.will(meanwhile(lambda: overtake(connection), late))

    current()

    assert kept(connection, "access") == kept(connection, "refresh") == "geheim~won"


def test_who_was_slower_than_his_lease_clears_no_newer_finding(server: Server) -> None:
    connection = connect()
    late = grants.issue("geheim~late")
    server.will(meanwhile(lambda: overtake(connection, "It is over."), late))

    current()

    assert trouble() == "It is over."


def test_who_was_slower_than_his_lease_ends_no_consent(server: Server) -> None:
    connection = connect()
    server.will(meanwhile(lambda: overtake(connection), ENDED))

    assert current() == "geheim~won"

    assert trouble() == ""


def overtake(connection: UUID, trouble: str = "") -> None:
    """Take the lease over and end it, as another process does after its time."""
    with db.session() as session:
        row = session.get_one(ConnectionRow, connection)
        if not trouble:
            connections.store(row, grants.grant("geheim~won", "geheim~won"))
        row.renewal, row.trouble = None, trouble


def test_a_connection_replaced_while_renewing_does_not_take_the_tokens(
    server: Server,
) -> None:
    old = connect()
    server.will(meanwhile(lambda: connect(HOUR), grants.issue("geheim~late")))
    current()

    assert current() == "geheim~access"
    assert grants.row(old).retired_at is not None


def test_the_end_of_a_connection_replaced_meanwhile_is_not_the_new_ones(
    server: Server,
) -> None:
    old = connect()
    server.will(meanwhile(lambda: connect(HOUR), ENDED))

    assert current() == "geheim~access"

    assert (trouble(), grants.row(old).trouble) == ("", "")


def test_who_was_reset_while_renewing_is_not_connected(server: Server) -> None:
    connection = connect()
    server.will(meanwhile(erase, ENDED))

    with pytest.raises(NotConnected, match="not connected"):
        current()

    assert grants.row(connection).sealed_refresh == b""


def erase() -> None:
    with db.session() as session:
        connections.erase(session, backlog.account())
