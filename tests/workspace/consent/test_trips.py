"""Trips: taken back once, in the browser that began them, within ten minutes."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest

from portal import clock, config, db
from portal.config import Config
from portal.errors import Answer, NotConnected, NotFound
from portal.explanations.own import consent
from portal.sandbox.seeds import CLIENT_SECRET, TENANT_ID
from portal.workspace.consent import trips
from portal.workspace.consent.trips import (
    Ending,
    Kind,
    Purpose,
    TripOver,
    TripRow,
    Way,
)
from tests import relay, trip
from tests.conftest import Passing
from tests.relay import Relay
from tests.sandbox.serving import Sandbox
from tests.workspace.consent.watching import ANN, REPORTS, refused, sign_in, with_

FAILED = Ending(
    kind=Kind.FAILED,
    purpose=Purpose.CONNECT,
    way=Way.LINK,
    title="No",
    reason="Because.",
    answer=Answer(status=400, code="AADSTS1", text="No."),
)


def begin() -> UUID:
    """Begin a trip; return its id."""
    with db.session() as session:
        trips.begin(session, Purpose.SIGN_IN, Way.LINK, trip.BROWSER, next="/x")
        return session.query(TripRow).one().id


def ending(trip_id: UUID, browser: str = trip.BROWSER) -> Ending:
    with db.reading() as session:
        return trips.ending(session, trip_id, browser)


def sender() -> str:
    return trip.in_force()[1]


def over(arriving: Callable[[], object]) -> None:
    """Expect a trip that nobody knows any more."""
    refused(arriving, TripOver)


def test_without_an_application_there_is_no_trip(house: Config) -> None:
    with pytest.raises(NotConnected):
        begin()


def test_how_it_ended_is_told_to_its_own_browser(registered: Sandbox) -> None:
    trip_id = begin()
    with db.session() as session:
        trips.end(session, trip_id, FAILED)

    assert ending(trip_id) == FAILED
    for browser in ("", "Mallory's"):
        with pytest.raises(NotFound):
            ending(trip_id, browser)


def test_of_a_trip_that_has_not_ended_nothing_is_told(registered: Sandbox) -> None:
    for trip_id in (begin(), uuid4()):
        with pytest.raises(NotFound):
            ending(trip_id)


def test_what_is_over_for_long_is_erased(here: Sandbox, passes: Passing) -> None:
    begin()

    with db.session() as session:
        trips.sweep(session, clock.now())
        assert session.query(TripRow).count() == 1
    passes(minutes=11)
    with db.session() as session:
        trips.sweep(session, clock.now())
        assert session.query(TripRow).count() == 0


@pytest.mark.parametrize("state", ["", "x", "\x00", "' OR 1=1 --", "ä" * 5000])
def test_a_state_we_never_gave_ends_no_trip(registered: Sandbox, state: str) -> None:
    back = sign_in(registered, trip.invite())

    over(lambda: trip.arrive(with_(back, state=state)))


def test_a_callback_in_another_browser_is_refused_and_costs_nothing(
    registered: Sandbox,
) -> None:
    back = sign_in(registered, trip.invite())

    for browser in ("", "Mallory's"):
        refused(lambda browser=browser: trip.arrive(back, browser))  # type: ignore[misc]

    trip.arrive(back)
    assert sender() == REPORTS


def test_a_callback_serves_once(registered: Sandbox) -> None:
    back = sign_in(registered, trip.invite())
    trip.arrive(back)

    over(lambda: trip.arrive(back))


def test_a_callback_that_failed_serves_no_more(registered: Sandbox) -> None:
    back = sign_in(registered, trip.invite())
    refused(lambda: trip.arrive(with_(back, code="forged")))

    over(lambda: trip.arrive(back))


def test_a_trip_lasts_ten_minutes(registered: Sandbox, passes: Passing) -> None:
    back = sign_in(registered, trip.invite())

    passes(minutes=10)

    refused(lambda: trip.arrive(back))


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
    back = with_(sign_in(registered, trip.invite()), code="forged")

    refused(lambda: trip.arrive(back))


def test_the_code_of_another_trip_is_refused(here: Sandbox) -> None:
    link = trip.invite()
    mine, other = sign_in(here, link), sign_in(here, link, as_=ANN)
    code = parse_qs(urlsplit(other).query)["code"][0]

    refused(lambda: trip.arrive(with_(mine, code=code)))


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


@pytest.mark.parametrize("path", ["/callback/other", "/callback/", "/"])
def test_a_code_that_comes_to_another_address_is_refused(
    between: Relay, microsoft: Sandbox, path: str
) -> None:
    back = urlsplit(sign_in(microsoft, trip.invite()))
    between.paths.clear()

    failed = refused(lambda: trip.arrive(back._replace(path=path).geturl()))

    assert failed.cause == consent.OTHER_ISSUER.name
    assert between.paths == []


def test_a_callback_that_bears_another_name_is_refused(here: Sandbox) -> None:
    back = sign_in(here, trip.invite())

    failed = refused(lambda: trip.arrive(with_(back, iss="https://mallory.example")))

    assert failed.cause == consent.OTHER_ISSUER.name


def test_a_callback_may_bear_the_name_of_its_issuer(here: Sandbox) -> None:
    back = sign_in(here, trip.invite())

    trip.arrive(with_(back, iss=f"{here.url}/{TENANT_ID}/v2.0"))

    assert sender() == REPORTS


def test_no_secret_of_a_trip_can_be_read_in_the_database(
    between: Relay, microsoft: Sandbox, house: Config
) -> None:
    seen = [CLIENT_SECRET, trip.BROWSER]

    def watch(answer: relay.Answer) -> relay.Answer:
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
    brought = trips.Callback(state="geheim", browser="geheim", at="", code="geheim")

    assert "geheim" not in repr(brought)


def test_a_callback_pressed_twice_at_once_serves_once(registered: Sandbox) -> None:
    back = sign_in(registered, trip.invite())
    ready = threading.Barrier(4)

    def press(_: int) -> str:
        ready.wait()
        try:
            trip.arrive(back)
            return sender()
        except TripOver:
            return "over"

    with ThreadPoolExecutor(4) as pool:
        ended = sorted(pool.map(press, range(4)))

    assert ended == ["over"] * 3 + [REPORTS]
