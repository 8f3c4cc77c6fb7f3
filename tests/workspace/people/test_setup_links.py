"""Setup links: one at a time, for an hour, once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from portal import clock, db
from portal.config import Config
from portal.errors import NotFound
from portal.workspace.people import setup_links
from tests import stored
from tests.conftest import Passing


def make() -> str:
    with db.session() as session:
        return setup_links.make(session)


def serves(secret: str) -> bool:
    try:
        with db.reading() as session:
            setup_links.check(session, secret)
    except NotFound:
        return False
    return True


def use(secret: str) -> bool:
    try:
        with db.session() as session:
            setup_links.use(session, secret)
    except NotFound:
        return False
    return True


def test_a_link_serves_until_it_is_used(either_house: Config) -> None:
    secret = make()
    assert serves(secret)
    assert serves(secret)

    assert use(secret)

    assert not serves(secret)
    assert not use(secret)


def test_a_link_serves_for_an_hour(either_house: Config, passes: Passing) -> None:
    secret = make()
    passes(minutes=59)
    assert serves(secret)

    passes(minutes=1)

    assert not serves(secret)
    assert not use(secret)


def test_a_new_link_ends_the_one_before(either_house: Config) -> None:
    old, new = make(), make()

    assert not serves(old)
    assert serves(new)


def test_an_end_ends_all(either_house: Config) -> None:
    secret = make()

    with db.session() as session:
        setup_links.end(session)

    assert not serves(secret)


@pytest.mark.parametrize("secret", ["", "x", "\x00", "\ud800", "' OR 1=1 --", "%"])
def test_whatever_is_no_link_opens_nothing(either_house: Config, secret: str) -> None:
    make()

    assert not serves(secret)
    assert not use(secret)


def test_nothing_of_a_link_is_kept_but_its_fingerprint(house: Config) -> None:
    secret = make()
    db.disconnect()

    assert len(secret) >= 22
    for path in house.instance.iterdir():
        assert secret.encode() not in path.read_bytes()


def test_two_at_once_use_a_link_once(either_house: Config) -> None:
    secret = make()
    ready = threading.Barrier(4)

    def race(_: int) -> bool:
        ready.wait()
        return use(secret)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(race, range(4))) == 1


def test_of_two_made_at_once_one_serves(either_house: Config) -> None:
    ready = threading.Barrier(4)

    def race(_: int) -> str:
        ready.wait()
        return make()

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(race, range(4)))

    assert sum(map(serves, made)) == 1


def test_what_is_over_is_swept(either_house: Config, passes: Passing) -> None:
    make()
    passes(hours=1)

    with db.session() as session:
        setup_links.sweep(session, clock.now())

    assert stored.rows("setup_link") == 0
