"""Trips to Microsoft: proven, applied as a whole and once, or nothing has changed."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest

from portal import config, db
from portal.config import Config
from portal.errors import NotConnected, NotFound
from portal.mail import journal
from portal.mail.journal import Event
from portal.mail.lanes import FeedRow
from portal.sandbox.seeds import CLIENT_SECRET
from portal.workspace import accounts, audit, connections, tokens
from portal.workspace.connections import ConnectionRow
from portal.workspace.consent import changes, trips
from portal.workspace.consent.changes import ChangeRow
from portal.workspace.consent.trips import ConsentFailed, TripRow
from tests import trip
from tests.conftest import Passing
from tests.mail import backlog
from tests.relay import Answer, Relay, relay
from tests.sandbox.serving import Sandbox, serve

ANN = "admin@contoso.example"
REPORTS = "reports@contoso.example"


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    """Serve one sandbox for all these trips; nothing of one hinders the next."""
    with serve() as sandbox:
        yield sandbox


@pytest.fixture
def microsoft(served: Sandbox) -> Sandbox:
    """Hand out the sandbox without a fault."""
    served.clear()
    return served


def move_in(settings: Config, url: str) -> None:
    """Register where Microsoft is."""
    config.use(replace(settings, login_url=url, graph_url=url))
    trip.register()


@pytest.fixture
def registered(either_house: Config, microsoft: Sandbox) -> Sandbox:
    """Open a house that is registered and not connected."""
    move_in(either_house, microsoft.url)
    return microsoft


@pytest.fixture
def here(house: Config, microsoft: Sandbox) -> Sandbox:
    """As `registered`, on SQLite alone."""
    move_in(house, microsoft.url)
    return microsoft


@pytest.fixture
def between(house: Config, microsoft: Sandbox) -> Iterator[Relay]:
    """Register with somebody who changes what Microsoft says."""
    with relay(microsoft) as standing:
        move_in(house, standing.url)
        yield standing


def sign_in(sandbox: Sandbox, link: str, as_: str = REPORTS, **more: str) -> str:
    """Follow a link and sign in; return where Microsoft sends the browser."""
    away = urlsplit(trip.depart(link))
    # A browser talks to Microsoft itself, whoever stands between us and it.
    there = away._replace(netloc=urlsplit(sandbox.url).netloc).geturl()
    return sandbox.sign_in(None, there, as_=as_, **more)


def standing() -> Any:
    """Return all that a trip may change."""
    with db.reading() as session:
        kept = session.query(ConnectionRow).order_by(ConnectionRow.id).all()
        return (
            accounts.every(session),
            [(row.id, row.retired_at, row.sealed_refresh) for row in kept],
            [(row.lane_id, row.held_reason) for row in session.query(FeedRow)],
            session.query(audit.AuditRow).count(),
            journal.latest(session, 100),
        )


def refused(arriving: Callable[[], object]) -> ConsentFailed:
    """Expect a trip to fail, and nothing to change."""
    before = standing()
    with pytest.raises(ConsentFailed) as failed:
        arriving()
    assert standing() == before
    return failed.value


def with_(address: str, **changed: str) -> str:
    """Return an address with another query."""
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query)) | changed
    return parts._replace(query=urlencode(query)).geturl()


def trouble() -> str:
    """Return what the one who waits at the other end is told."""
    with db.reading() as session:
        return session.query(ChangeRow).order_by(ChangeRow.id.desc()).first().trouble  # type: ignore[union-attr]


def test_a_consent_is_applied_as_a_whole(registered: Sandbox) -> None:
    waiting = backlog.put(backlog.account())
    link = trip.invite()

    connected = trip.arrive(sign_in(registered, link))

    connection = connected.connection
    assert (connection.username, connected.sender) == (REPORTS, REPORTS)
    assert connection.scopes >= {"Mail.Send", "Mail.Send.Shared", "offline_access"}
    assert (connected.waiting, connected.needs_send_as) == (1, False)
    assert backlog.taken() == [waiting]
    with db.reading() as session:
        account = accounts.find(session)
        assert (account.sender, account.version) == (REPORTS, 2)
        assert connections.find(session, account.id) == connection
        assert session.query(audit.AuditRow).one().action == "connected account"
        lines = [line.event for _, line in journal.latest(session, 100)]
    assert Event.CONNECTED in lines


def test_the_tokens_that_came_home_can_be_spent(registered: Sandbox) -> None:
    trip.arrive(sign_in(registered, trip.invite()))

    token = tokens.current(backlog.account())

    assert token.access.count(".") == 2
    assert token.connection.username == REPORTS


def test_microsoft_is_asked_for_what_we_need_and_no_more(here: Sandbox) -> None:
    away = urlsplit(trip.depart(trip.invite()))
    query = {name: value[0] for name, value in parse_qs(away.query).items()}

    assert set(query["scope"].split()) == {
        "https://graph.microsoft.com/Mail.Send",
        "https://graph.microsoft.com/Mail.Send.Shared",
        *("offline_access", "openid", "profile", "email"),
    }
    assert query["prompt"] == "select_account"
    assert query["code_challenge_method"] == "S256"
    assert "login_hint" not in query
    assert query["redirect_uri"] == config.current().redirect_uri


def test_the_switch_asks_for_more(here: Sandbox) -> None:
    assert trips.wanted_scopes(large=True) >= {
        "Mail.ReadWrite",
        "Mail.ReadWrite.Shared",
    }
    assert not {"Mail.ReadWrite"} & trips.wanted_scopes(large=False)


def test_another_address_may_be_sent_from(here: Sandbox) -> None:
    link = trip.invite("noreply@contoso.example")

    connected = trip.arrive(sign_in(here, link))

    assert connected.sender == "noreply@contoso.example"
    assert connected.needs_send_as


def test_a_newer_consent_takes_the_place_of_the_old(registered: Sandbox) -> None:
    old = trip.arrive(sign_in(registered, trip.invite())).connection
    new = trip.arrive(sign_in(registered, trip.invite(ANN), as_=ANN)).connection

    with db.reading() as session:
        assert connections.find(session, backlog.account()) == new
        assert session.get_one(ConnectionRow, old.id).retired_at


def test_a_link_that_is_none_begins_no_trip(registered: Sandbox) -> None:
    with pytest.raises(NotFound):
        trip.depart("nothing")

    with db.reading() as session:
        assert session.query(TripRow).count() == 0


def test_without_an_application_there_is_no_trip(house: Config) -> None:
    with pytest.raises(NotConnected):
        trip.depart(trip.invite())


def test_a_link_that_has_served_begins_no_trip(registered: Sandbox) -> None:
    link = trip.invite()
    trip.arrive(sign_in(registered, link))

    with pytest.raises(NotFound):
        trip.depart(link)


@pytest.mark.parametrize("state", ["", "x", "\x00", "' OR 1=1 --", "ä" * 5000])
def test_a_state_we_never_gave_ends_no_trip(registered: Sandbox, state: str) -> None:
    back = sign_in(registered, trip.invite())

    failed = refused(lambda: trip.arrive(with_(back, state=state)))

    assert failed.title == "This sign-in is over"
    assert failed.link == ""


def test_a_callback_in_another_browser_is_refused_and_costs_nothing(
    registered: Sandbox,
) -> None:
    back = sign_in(registered, trip.invite())

    for browser in ("", "Mallory's"):
        refused(lambda browser=browser: trip.arrive(back, browser))  # type: ignore[misc]

    assert trip.arrive(back).sender == REPORTS


def test_a_callback_serves_once(registered: Sandbox) -> None:
    back = sign_in(registered, trip.invite())
    trip.arrive(back)

    failed = refused(lambda: trip.arrive(back))

    assert failed.title == "This sign-in is over"


def test_a_callback_that_failed_serves_no_more(registered: Sandbox) -> None:
    back = sign_in(registered, trip.invite())
    refused(lambda: trip.arrive(with_(back, code="forged")))

    failed = refused(lambda: trip.arrive(back))

    assert failed.title == "This sign-in is over"


def test_a_trip_lasts_ten_minutes(registered: Sandbox, passes: Passing) -> None:
    back = sign_in(registered, trip.invite())

    passes(minutes=10)

    refused(lambda: trip.arrive(back))


def test_whoever_declines_is_told_and_may_try_again(registered: Sandbox) -> None:
    registered.fault("consent-lost")
    link = trip.invite()

    failed = refused(lambda: trip.arrive(sign_in(registered, link, answer="cancel")))

    assert failed.code == "AADSTS65004"
    assert failed.link == link
    assert trouble() == str(failed)
    assert trip.arrive(sign_in(registered, link)).sender == REPORTS


@pytest.mark.parametrize(
    "brought",
    [
        {"error": "access_denied", "error_description": "<script>alert(1)</script>"},
        {"error": "x" * 5000},
        {"error": "server_error"},
    ],
)
def test_what_an_error_says_of_itself_is_not_repeated(
    here: Sandbox, brought: dict[str, str]
) -> None:
    back = with_(sign_in(here, trip.invite()), code="", **brought)

    failed = refused(lambda: trip.arrive(back))

    assert "script" not in str(failed)
    assert "xxx" not in str(failed)


def test_a_callback_with_neither_code_nor_error_is_refused(here: Sandbox) -> None:
    back = with_(sign_in(here, trip.invite()), code="")

    refused(lambda: trip.arrive(back))


def test_a_forged_code_is_refused(registered: Sandbox) -> None:
    link = trip.invite()
    back = with_(sign_in(registered, link), code="forged")

    failed = refused(lambda: trip.arrive(back))

    assert failed.link == link


def test_the_code_of_another_trip_is_refused(here: Sandbox) -> None:
    link = trip.invite()
    mine, other = sign_in(here, link), sign_in(here, link, as_=ANN)
    code = parse_qs(urlsplit(other).query)["code"][0]

    refused(lambda: trip.arrive(with_(mine, code=code)))


def test_a_guest_is_refused(here: Sandbox) -> None:
    here.fault("guest")
    link = trip.invite()

    failed = refused(
        lambda: trip.arrive(sign_in(here, link, as_="pat@fabrikam.example"))
    )

    assert "guest" in str(failed)
    assert failed.link == link


def test_a_consent_that_is_not_seen_yet_is_refused(here: Sandbox) -> None:
    back = sign_in(here, trip.invite())
    here.fault("consent-lag")

    failed = refused(lambda: trip.arrive(back))

    assert failed.code == "AADSTS65001"


def test_microsoft_out_of_order_is_told_and_may_be_tried_again(here: Sandbox) -> None:
    link = trip.invite()
    back = sign_in(here, link)
    here.fault("token-down")

    failed = refused(lambda: trip.arrive(back))

    assert failed.link == link
    assert trip.arrive(sign_in(here, link)).sender == REPORTS


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

    assert trip.arrive(sign_in(microsoft, trip.invite())).sender == REPORTS


def test_what_was_granted_before_is_neither_used_nor_renewed(
    between: Relay, microsoft: Sandbox
) -> None:
    graph = "https://graph.microsoft.com"
    between.edit = granting("openid", f"{graph}/Mail.Send", f"{graph}/Mail.ReadWrite")

    connected = trip.arrive(sign_in(microsoft, trip.invite()))

    assert "Mail.Send" in connected.connection.scopes
    assert "Mail.ReadWrite" not in connected.connection.scopes


def test_no_list_of_permissions_means_all_that_were_asked_for(
    between: Relay, microsoft: Sandbox
) -> None:
    between.edit = without("scope")

    connected = trip.arrive(sign_in(microsoft, trip.invite()))

    assert "Mail.Send.Shared" in connected.connection.scopes


def test_the_shared_permission_is_missed_only_by_another_address(
    between: Relay, microsoft: Sandbox
) -> None:
    between.edit = granting("openid", "Mail.Send")

    other = trip.invite("noreply@contoso.example")
    failed = refused(lambda: trip.arrive(sign_in(microsoft, other)))
    assert "Mail.Send.Shared" in str(failed)

    assert trip.arrive(sign_in(microsoft, trip.invite(REPORTS))).sender == REPORTS


def test_an_identity_from_elsewhere_is_refused(
    between: Relay, microsoft: Sandbox
) -> None:
    forged = "e30.e30.c2lnbmF0dXJl"
    between.edit = lambda answer: answer | {"id_token": forged}

    refused(lambda: trip.arrive(sign_in(microsoft, trip.invite())))


def test_of_two_trips_of_one_link_the_first_home_wins(registered: Sandbox) -> None:
    link = trip.invite()
    one = sign_in(registered, link)
    other = sign_in(registered, link, as_=ANN)
    trip.arrive(other)

    failed = refused(lambda: trip.arrive(one))

    assert failed.link == ""
    assert trouble() == ""


def test_a_link_that_was_replaced_meanwhile_applies_nothing(
    registered: Sandbox,
) -> None:
    back = sign_in(registered, trip.invite())
    trip.invite()

    failed = refused(lambda: trip.arrive(back))

    assert "changed this account in the meantime" in str(failed)


def test_an_account_that_somebody_changed_meanwhile_is_left_alone(
    registered: Sandbox,
) -> None:
    back = sign_in(registered, trip.invite())
    with db.session() as session:
        account = accounts.find(session)
        accounts.set_sender(session, account.id, "bea@contoso.example")

    failed = refused(lambda: trip.arrive(back))

    assert "changed this account in the meantime" in str(failed)
    assert trouble() == str(failed)


def test_a_code_never_travels_to_another_issuer(
    between: Relay, microsoft: Sandbox
) -> None:
    link = trip.invite()
    config.use(replace(config.current(), login_url=microsoft.url))
    back = sign_in(microsoft, link)
    config.use(replace(config.current(), login_url=between.url))

    failed = refused(lambda: trip.arrive(back))

    assert "application has changed" in str(failed)
    assert between.paths == []


def test_no_secret_of_a_trip_can_be_read_in_the_database(
    between: Relay, microsoft: Sandbox, house: Config
) -> None:
    seen = [CLIENT_SECRET, trip.BROWSER]

    def watch(answer: Answer) -> Answer:
        seen.extend(answer[name] for name in ("access_token", "refresh_token"))
        return answer

    between.edit = watch
    link = trip.invite()
    back = sign_in(microsoft, link)
    query = parse_qs(urlsplit(back).query)
    trip.arrive(back)
    sign_in(microsoft, other := trip.invite())
    db.disconnect()

    seen += [link, other, query["state"][0], query["code"][0]]
    assert len(seen) == 8
    for path in house.instance.iterdir():
        stored = path.read_bytes()
        assert [each for each in seen if each.encode() in stored] == []


def test_a_callback_shows_no_secret_in_its_repr() -> None:
    brought = trips.Callback(state="geheim", browser="geheim", code="geheim")

    assert "geheim" not in repr(brought)


def test_whoever_waits_is_told_that_it_is_done(here: Sandbox) -> None:
    with db.session() as session:
        link = changes.invite(session, backlog.account(), None, "operator")

    trip.arrive(sign_in(here, link.secret))

    with db.reading() as session:
        assert changes.progress(session, link.change_id).ended


def test_a_callback_pressed_twice_at_once_serves_once(registered: Sandbox) -> None:
    back = sign_in(registered, trip.invite())
    ready = threading.Barrier(4)

    def press(_: int) -> str:
        ready.wait()
        try:
            return trip.arrive(back).sender
        except ConsentFailed as failed:
            return failed.title

    with ThreadPoolExecutor(4) as pool:
        ended = sorted(pool.map(press, range(4)))

    assert ended == ["This sign-in is over"] * 3 + [REPORTS]
