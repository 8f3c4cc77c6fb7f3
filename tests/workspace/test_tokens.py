"""Tokens: spent while they live, renewed before they end, never sent elsewhere."""

from datetime import timedelta
from urllib.parse import parse_qs

import pytest

from portal import clock, db
from portal.config import Config
from portal.errors import NotConnected
from portal.workspace import connections, tokens
from portal.workspace.connections import ConnectionRow
from tests.delivery.crossing import cross
from tests.mail import backlog
from tests.microsoft.scripted import Server, serve
from tests.workspace import grants
from tests.workspace.spending import OVER, SOON, connect, current, kept, lease


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


def test_while_one_renews_the_others_spend_what_still_lives(server: Server) -> None:
    connection = connect(lives=SOON)
    lease(connection)

    assert current() == "geheim~access"
    assert server.requests == []


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


def test_a_complaint_about_a_connection_that_is_erased_is_no_fault(
    server: Server,
) -> None:
    connect(lives=timedelta(hours=1))
    token = tokens.current(backlog.account())
    with db.session() as session:
        connections.erase(session, backlog.account())
        connections.erase_retired(session, clock.now() + timedelta(minutes=1))

    tokens.spoil(token)

    with pytest.raises(NotConnected):
        current()


def test_who_waits_while_it_is_reset_spends_nothing_of_it(
    postgres_house: Config,
) -> None:
    grants.register()
    connect(lives=SOON)

    with pytest.raises(NotConnected):
        cross(ConnectionRow, erase, current)


def erase() -> None:
    with db.session() as session:
        connections.erase(session, backlog.account())
