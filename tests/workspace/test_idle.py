"""Connections that nobody spends: found, claimed by one of many, and renewed."""

from datetime import timedelta

from portal import clock, db
from portal.config import Config
from portal.workspace import connections, tokens
from portal.workspace.connections import Connection
from tests.conftest import Passing
from tests.crowd import together
from tests.microsoft.scripted import Server
from tests.workspace import grants
from tests.workspace.spending import connect, current, kept, lease

HOUR = timedelta(hours=1)


def idle(least: timedelta = HOUR) -> list[Connection]:
    with db.reading() as session:
        return tokens.idle(session, clock.now() - least)


def claim(seen: Connection) -> bool:
    with db.session() as session:
        return connections.try_now(session, seen)


def test_what_was_not_renewed_for_so_long_is_idle(
    either_house: Config, passes: Passing
) -> None:
    grants.register()
    grants.keep()
    connection = grants.keep()
    assert idle() == []

    passes(hours=1)

    assert idle() == [connection]


def test_what_was_made_with_another_application_is_not_ours_to_renew(
    either_house: Config, passes: Passing
) -> None:
    grants.register()
    grants.keep()
    passes(hours=1)

    grants.redirect_to("https://login.elsewhere.example")

    assert idle() == []


def test_of_many_who_see_it_idle_one_claims_it(
    either_house: Config, passes: Passing
) -> None:
    connection = grants.keep()
    passes(hours=1)
    claimed: list[bool] = []

    together(lambda: claimed.append(claim(connection)), threads=8)

    assert sorted(claimed) == [False] * 7 + [True]
    assert grants.row(connection.id).tried_at == clock.now()


def test_what_is_claimed_can_be_claimed_again_by_whoever_sees_it_then(
    server: Server, passes: Passing
) -> None:
    grants.keep()
    passes(hours=1)
    assert claim(*idle())

    passes(hours=1)

    assert claim(*idle())


def test_what_was_retired_cannot_be_claimed(either_house: Config) -> None:
    connection = grants.keep()
    grants.keep()

    assert not claim(connection)


def test_a_token_that_still_lives_is_renewed_when_it_was_idle(server: Server) -> None:
    connection = grants.keep()
    server.will(grants.issue("geheim~new", refresh_token="geheim~next"))

    assert tokens.renew(connection)

    assert current() == "geheim~new"
    assert kept(connection.id, "refresh") == "geheim~next"


def test_of_many_who_renew_it_at_once_one_does(server: Server, passes: Passing) -> None:
    connection = grants.keep()
    passes(hours=1)
    server.will(grants.issue("geheim~new"))
    renewed: list[bool] = []

    together(lambda: renewed.append(bool(tokens.renew(connection))), threads=8)

    assert sorted(renewed) == [False] * 7 + [True]
    assert len(server.requests) == 1


def test_who_renews_it_already_is_not_waited_for(server: Server) -> None:
    connection = grants.keep()
    lease(connection.id)

    assert not tokens.renew(connection)

    assert server.requests == []


def test_a_newer_connection_is_not_renewed_for_an_older_one(server: Server) -> None:
    old = grants.keep()
    connect(HOUR)

    assert not tokens.renew(old)

    assert server.requests == []
