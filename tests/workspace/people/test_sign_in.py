"""Signing in: proven by Microsoft, let in as an admin, sent on within the house."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from sqlalchemy import text

from portal import config, db
from portal.config import Config
from portal.errors import IssuerError, NotConnected
from portal.issuer.refusals import CredentialRefused, IdentityRefused, Unreachable
from portal.workspace.consent import trips
from portal.workspace.consent.trips import Callback, ConsentFailed, Trip, TripOver
from portal.workspace.people import sign_in
from portal.workspace.people.sign_in import NotAdmin, SignedIn
from tests import stored, trip
from tests.microsoft import scripted
from tests.microsoft.scripted import Server, reply
from tests.microsoft.signed import KEY, publish, token
from tests.sandbox.serving import Sandbox, serve
from tests.trip import ANN, BROWSER
from tests.workspace.people.cast import list_admins, present

REPORTS = "reports@contoso.example"


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    """Serve one sandbox for all these sign-ins."""
    with serve() as sandbox:
        yield sandbox


@pytest.fixture
def microsoft(either_house: Config, served: Sandbox) -> Sandbox:
    """Open a house that is registered, with Ann for an admin."""
    served.clear()
    move_in(either_house, served.url)
    return served


@pytest.fixture
def server(house: Config) -> Iterator[Server]:
    """Register with a Microsoft that says what it is told."""
    with scripted.serve() as server:
        move_in(house, server.url)
        yield server


def move_in(settings: Config, url: str) -> None:
    config.use(replace(settings, login_url=url, admins=(ANN,)))
    trip.register()


def depart(next_path: str = "/settings") -> str:
    with db.session() as session:
        departure = sign_in.depart(session, BROWSER, next_path)
    return departure()


def redeem(address: str) -> tuple[Trip, Callback]:
    query = dict(parse_qsl(urlsplit(address).query))
    names = ("state", "code", "error", "error_description")
    brought = {name: query.get(name, "") for name in names}
    at = address.partition("?")[0]
    callback = Callback(browser=BROWSER, at=at, **brought)
    with db.session() as session:
        return trips.redeem(session, callback), callback


def arrive(address: str) -> SignedIn:
    return sign_in.arrive(*redeem(address))


def notes() -> list[tuple[str, ...]]:
    asked = "SELECT actor, action, subject FROM audit ORDER BY id"
    with db.reading() as session:
        return [tuple(each) for each in session.execute(text(asked))]


def test_an_admin_is_let_in(microsoft: Sandbox) -> None:
    ended = arrive(microsoft.sign_in(None, depart("/log?x=1"), as_=ANN))

    assert present(ended.secret) == ended.person
    assert (ended.person.username, ended.next_path) == (ANN, "/log?x=1")
    assert notes() == [(ANN, "became admin", ANN), (ANN, "signed in", "Mail Portal")]


def test_nothing_but_who_it_is_is_asked_for_or_kept(microsoft: Sandbox) -> None:
    address = depart()
    query = parse_qs(urlsplit(address).query)

    arrive(microsoft.sign_in(None, address, as_=ANN))

    assert set(query["scope"][0].split()) == {"openid", "profile", "email"}
    assert query["prompt"] == ["select_account"]
    assert query["code_challenge_method"] == ["S256"]
    assert stored.rows("connection") == 0


def test_nobody_else_is_let_in(microsoft: Sandbox) -> None:
    back = microsoft.sign_in(None, depart(), as_=REPORTS)

    with pytest.raises(NotAdmin, match="not a workspace admin") as refused:
        arrive(back)

    assert refused.value.username == REPORTS
    assert notes() == [(REPORTS, "was refused", "Mail Portal")]
    assert stored.rows("session") == 0


def test_a_second_sign_in_is_another_session(microsoft: Sandbox) -> None:
    first, second = (
        arrive(microsoft.sign_in(None, depart(), as_=ANN)).secret for _ in range(2)
    )

    assert first != second
    assert stored.rows("session") == 2


def test_a_callback_counts_once(microsoft: Sandbox) -> None:
    back = microsoft.sign_in(None, depart(), as_=ANN)
    arrive(back)

    with pytest.raises(TripOver):
        arrive(back)

    assert stored.rows("session") == 1


def test_whoever_declines_is_nobody(microsoft: Sandbox) -> None:
    address = depart()
    state = parse_qs(urlsplit(address).query)["state"][0]

    for error in ("access_denied", "login_required", ""):
        with pytest.raises((IssuerError, TripOver)):
            arrive(f"http://localhost:5000/callback?state={state}&error={error}")

    assert stored.rows("session", "audit") == 0


def test_a_trip_for_something_else_signs_nobody_in(microsoft: Sandbox) -> None:
    link = trip.invite()
    back = microsoft.sign_in(None, trip.depart(link), as_=ANN)

    with pytest.raises(ConsentFailed, match="something else"):
        arrive(back)

    assert stored.rows("session") == 0


def test_without_an_application_nobody_can_sign_in(either_house: Config) -> None:
    with pytest.raises(NotConnected):
        depart()


def test_signing_out_is_written_down_once(microsoft: Sandbox) -> None:
    ended = arrive(microsoft.sign_in(None, depart(), as_=ANN))

    for secret in (ended.secret, ended.secret, "unknown"):
        with db.session() as session:
            sign_in.leave(session, secret)

    assert present(ended.secret) is None
    assert notes()[2:] == [(ANN, "signed out", "Mail Portal")]


def test_an_application_replaced_in_mid_trip_lets_nobody_in(microsoft: Sandbox) -> None:
    begun = redeem(microsoft.sign_in(None, depart(), as_=ANN))

    with db.session() as session:
        session.execute(text("UPDATE registration SET client_id = 'another'"))

    with pytest.raises(ConsentFailed, match="has changed"):
        sign_in.arrive(*begun)
    assert stored.rows("session", "admin", "audit") == 0


def told(server: Server, **changed: Any) -> SignedIn:
    """Sign in with an id_token that says this."""
    query = parse_qs(urlsplit(depart()).query)
    claims = {"nonce": query["nonce"][0], **changed}
    answer = {"access_token": "x", "expires_in": 9, "id_token": token(**claims)}
    server.will(reply(200, json.dumps(answer).encode()))
    publish(server, KEY)
    return arrive(f"http://localhost:5000/callback?state={query['state'][0]}&code=c")


def test_whoever_has_the_role_is_let_in(server: Server) -> None:
    ended = told(server, roles=["Reader", "Portal.Admin"])

    assert present(ended.secret)
    list_admins()
    assert present(ended.secret)


@pytest.mark.parametrize("roles", [["portal.admin"], ["Portal.Admin "], "Portal.Admin"])
def test_what_only_looks_like_the_role_lets_nobody_in(
    server: Server, roles: Any
) -> None:
    with pytest.raises(NotAdmin):
        told(server, roles=roles)


def test_the_heir_of_an_address_is_told_why_not(server: Server) -> None:
    told(server, preferred_username=ANN)

    with pytest.raises(NotAdmin, match="somebody else was the first"):
        told(server, preferred_username=ANN, oid="an heir")


def test_whoever_has_no_name_is_told_by_what_there_is(server: Server) -> None:
    with pytest.raises(NotAdmin, match=f"“{ANN}” is not a"):
        told(server, preferred_username=None, name=ANN)

    assert notes() == [(f"“{ANN}”", "was refused", "Mail Portal")]


@pytest.mark.parametrize(
    "changed",
    [
        {"nonce": "another"},
        {"aud": "another"},
        {"tid": "fab21ca0-5a1d-4b0c-9c0d-000000000002"},
        {"acct": 1},
    ],
)
def test_a_token_that_proves_nothing_lets_nobody_in(
    server: Server, changed: dict[str, Any]
) -> None:
    with pytest.raises(IdentityRefused):
        told(server, **({"roles": ["Portal.Admin"]} | changed))

    assert stored.rows("session", "admin") == 0


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        (reply(503, b"<html>"), Unreachable),
        (reply(200, b"<html>"), Unreachable),
        (reply(200, b'{"access_token": "x"}'), IdentityRefused),
        (reply(401, b'{"error": "invalid_client"}'), CredentialRefused),
    ],
)
def test_a_microsoft_with_a_bad_day_lets_nobody_in(
    server: Server, answer: scripted.Step, refusal: type[IssuerError]
) -> None:
    state = parse_qs(urlsplit(depart()).query)["state"][0]
    server.will(answer)
    publish(server, KEY)

    with pytest.raises(refusal):
        arrive(f"http://localhost:5000/callback?state={state}&code=c")

    assert stored.rows("session", "audit") == 0


@pytest.mark.parametrize(
    "path", ["/", "/settings", "/log?after=1&status=held#x", "/settings/test/1", "/ä"]
)
def test_a_path_of_the_house_is_led_to(path: str) -> None:
    assert sign_in.local(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "settings",
        "https://evil.example",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        " //evil.example",
        "/x//evil.example",
        "/\x00",
        "/\r\nSet-Cookie: a=b",
        "/\ud800",
        "/\u2028",
        "/" + "x" * 1000,
    ],
)
def test_whatever_may_lead_elsewhere_leads_home(path: str) -> None:
    assert sign_in.local(path) == "/settings"


def test_a_trip_keeps_where_it_leads(microsoft: Sandbox) -> None:
    back = microsoft.sign_in(None, depart("//evil.example"), as_=ANN)

    begun, _ = redeem(back)

    assert begun.luggage == {"next_path": "/settings"}
