"""Tokens: spent while they live, renewed by one at a time, kept when renewing fails."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from socket import socket
from urllib.parse import parse_qs
from uuid import UUID, uuid4

import pytest

from portal import clock, db
from portal.config import Config
from portal.errors import MicrosoftError, NotConnected
from portal.workspace import connections, tokens
from portal.workspace.connections import ConnectionRow
from tests.conftest import Passing
from tests.mail import backlog
from tests.microsoft.scripted import Server, Step, serve
from tests.workspace import grants

OVER = timedelta(seconds=-1)
SOON = timedelta(minutes=4)


@pytest.fixture
def server(either_house: Config) -> Iterator[Server]:
    """Serve a token endpoint that answers what it is told, and register there."""
    with serve() as server:
        grants.redirect_to(server.url)
        grants.register()
        yield server


def connect(lives: timedelta = OVER) -> UUID:
    return grants.keep(grants.grant(lives=lives)).id


def current() -> str:
    return tokens.current(backlog.account()).access


def kept(connection_id: UUID, kind: connections.Kind) -> str:
    return connections.unseal(grants.row(connection_id), kind)


def test_a_token_that_lives_is_spent_without_asking(server: Server) -> None:
    connect(lives=timedelta(hours=1))

    token = tokens.current(backlog.account())

    assert token.access == "geheim~access"
    assert "geheim" not in repr(token)
    assert server.requests == []


@pytest.mark.parametrize("lives", [OVER, SOON])
def test_a_token_at_its_end_is_renewed_with_what_was_granted(
    server: Server, lives: timedelta
) -> None:
    connection = connect(lives)
    server.will(grants.issue("geheim~new", refresh_token="geheim~next"))

    assert current() == "geheim~new"
    assert current() == "geheim~new"

    [request] = server.requests
    form = parse_qs(request.body.decode())
    assert form["grant_type"] == ["refresh_token"]
    assert form["refresh_token"] == ["geheim~refresh"]
    assert "Mail.Send" in form["scope"][0]
    assert kept(connection, "refresh") == "geheim~next"


def test_the_old_refresh_token_stays_when_none_is_given(server: Server) -> None:
    connection = connect()
    server.will(grants.issue())

    current()

    assert kept(connection, "refresh") == "geheim~refresh"


def test_eight_who_need_it_at_once_renew_it_once(server: Server) -> None:
    connect()
    server.will(grants.issue("geheim~new"))
    ready = threading.Barrier(8)
    got: list[str] = []

    def run() -> None:
        ready.wait()
        got.append(current())

    threads = [threading.Thread(target=run) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert got == ["geheim~new"] * 8
    assert len(server.requests) == 1


def test_while_one_renews_the_others_spend_what_still_lives(server: Server) -> None:
    connection = connect(lives=SOON)
    lease(connection)

    assert current() == "geheim~access"
    assert server.requests == []


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


def lease(connection_id: UUID) -> None:
    """Begin to renew as another process would, and get no further."""
    with db.session() as session:
        row = session.get_one(ConnectionRow, connection_id)
        row.renewal, row.renewal_until = uuid4(), clock.now() + tokens.RENEWAL_LEASE


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

    with pytest.raises(MicrosoftError) as told:
        current()

    row = grants.row(connection)
    assert (told.value.passing, told.value.after) == (True, tokens.LAG_WAIT)
    assert (row.trouble, row.renewal) == ("", None)
    assert current() == "geheim~new"


def test_a_consent_that_works_again_is_in_trouble_no_more(server: Server) -> None:
    connection = connect()
    server.will(grants.refuse("invalid_grant", 50173), grants.issue())
    with pytest.raises(NotConnected):
        current()

    current()

    assert grants.row(connection).trouble == ""


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

    with pytest.raises(MicrosoftError) as told:
        current()

    row = grants.row(connection)
    assert told.value.passing is passing
    assert (row.trouble, row.renewal, row.retired_at) == ("", None, None)
    assert kept(connection, "refresh") == "geheim~refresh"


def test_microsoft_out_of_reach_costs_no_connection(either_house: Config) -> None:
    grants.redirect_to("http://127.0.0.1:1")
    grants.register()
    connection = connect()

    with pytest.raises(MicrosoftError) as told:
        current()

    assert told.value.passing
    assert grants.row(connection).renewal is None


def test_nobody_connected_means_no_token(server: Server) -> None:
    with pytest.raises(NotConnected):
        current()

    assert server.requests == []


def test_a_token_never_travels_to_another_application(server: Server) -> None:
    connect()
    with serve() as elsewhere:
        grants.redirect_to(elsewhere.url)

        with pytest.raises(NotConnected, match="changed"):
            current()

        assert elsewhere.requests == []
    assert server.requests == []


def test_a_token_that_was_refused_is_renewed_before_the_next_use(
    server: Server,
) -> None:
    connect(lives=timedelta(hours=1))
    token = tokens.current(backlog.account())
    server.will(grants.issue("geheim~new"))

    tokens.spoil(token)

    assert current() == "geheim~new"


def test_a_late_complaint_about_an_old_token_spoils_no_new_one(server: Server) -> None:
    connect(lives=timedelta(hours=1))
    token = tokens.current(backlog.account())
    server.will(grants.issue("geheim~new"))
    tokens.spoil(token)
    current()

    tokens.spoil(token)

    assert current() == "geheim~new"
    assert len(server.requests) == 1


def test_who_was_slower_than_his_lease_overwrites_nothing(server: Server) -> None:
    connection = connect()
    late = grants.issue("geheim~late", refresh_token="geheim~late")

    def act(peer: socket) -> None:
        with db.session() as session:
            row = session.get_one(ConnectionRow, connection)
            connections.store(row, grants.grant("geheim~won", "geheim~won"))
            row.renewal = None
        late.act(peer)

    server.will(Step(act, closes=False))
    current()

    assert kept(connection, "access") == kept(connection, "refresh") == "geheim~won"


def test_a_connection_replaced_while_renewing_does_not_take_the_tokens(
    server: Server,
) -> None:
    old = connect()
    late = grants.issue("geheim~late")

    def act(peer: socket) -> None:
        connect(lives=timedelta(hours=1))
        late.act(peer)

    server.will(Step(act, closes=False))
    current()

    assert current() == "geheim~access"
    assert grants.row(old).retired_at is not None
