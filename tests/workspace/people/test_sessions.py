"""Sessions: one browser's, for an hour of silence and half a day, while it is right."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from portal import clock, config, db, vault
from portal.config import Config
from portal.errors import CannotDecrypt
from portal.workspace.people import sessions
from tests import stored
from tests.conftest import Passing
from tests.workspace.people.cast import (
    ADDRESS,
    ANN,
    BEA,
    list_admins,
    present,
    register,
    sign_in,
)


@pytest.fixture
def home(either_house: Config) -> Config:
    """Open a house that has an application, and Ann for an admin."""
    list_admins(ADDRESS)
    register()
    return config.current()


def touch(secret: str) -> None:
    with db.session() as session:
        sessions.touch(session, secret)


def sweep() -> None:
    with db.session() as session:
        sessions.sweep(session, clock.now())


def test_whoever_signed_in_is_known_by_the_secret(home: Config) -> None:
    person = present(sign_in())

    assert person
    assert (person.tid, person.oid, person.name) == (ANN.tid, ANN.oid, "Ann Admin")
    assert person.address == "Ann.Admin@contoso.example"
    assert person.fresh


def test_without_a_mailbox_the_user_name_is_the_address(home: Config) -> None:
    person = present(sign_in(BEA, has_role=True))

    assert person
    assert person.address == "bea@contoso.example"


def test_who_has_no_address_is_called_by_a_name_in_quotes(home: Config) -> None:
    nameless = replace(BEA, username="", email="")

    person = present(sign_in(nameless, has_role=True))

    assert person
    assert (person.address, person.called) == ("", "“Ann Admin”")


def test_every_sign_in_makes_a_secret_of_its_own(home: Config) -> None:
    made = {sign_in() for _ in range(20)}

    assert len(made) == 20
    assert all(len(secret) >= 43 for secret in made)
    assert all(present(secret) for secret in made)


@pytest.mark.parametrize("secret", ["", "x", "\x00", "\ud800", "' OR 1=1 --"])
def test_whatever_is_no_secret_is_nobody(home: Config, secret: str) -> None:
    sign_in()

    touch(secret)
    assert present(secret) is None


def test_a_part_of_a_secret_is_nobody(home: Config) -> None:
    secret = sign_in()

    assert not any(map(present, (secret[:-1], f"{secret} ", secret.swapcase())))


def test_nothing_of_a_secret_is_kept_but_its_fingerprint(house: Config) -> None:
    register()
    secret = sign_in()
    db.disconnect()

    for path in house.instance.iterdir():
        assert secret.encode() not in path.read_bytes()


def test_a_session_ends_after_an_hour_of_silence(home: Config, passes: Passing) -> None:
    secret = sign_in()
    passes(minutes=59)
    assert present(secret)

    passes(minutes=1)

    assert present(secret) is None


def test_a_sign_of_life_keeps_it_for_another_hour(
    home: Config, passes: Passing
) -> None:
    secret = sign_in()
    passes(minutes=59)
    touch(secret)

    passes(minutes=59)

    assert present(secret)


def test_what_is_over_is_not_called_back(home: Config, passes: Passing) -> None:
    secret = sign_in()
    passes(hours=1)

    touch(secret)

    assert present(secret) is None


def test_a_session_ends_after_twelve_hours_whatever_happens(
    home: Config, passes: Passing
) -> None:
    secret = sign_in()
    for _ in range(23):
        passes(minutes=30)
        touch(secret)
    assert present(secret)

    passes(minutes=30)
    touch(secret)

    assert present(secret) is None


def test_a_sign_of_life_is_written_once_a_minute(home: Config, passes: Passing) -> None:
    secret = sign_in()
    passes(seconds=59)
    young = present(secret)
    touch(secret)
    passes(seconds=1)
    old = present(secret)
    touch(secret)
    touched = present(secret)

    assert young
    assert old
    assert touched
    assert (young.fresh, old.fresh, touched.fresh) == (True, False, True)


def test_signing_out_ends_one_session_alone(home: Config) -> None:
    mine, other = sign_in(), sign_in()

    with db.session() as session:
        sessions.end(session, mine)
        sessions.end(session, "unknown")

    assert present(mine) is None
    assert present(other)


def test_it_ends_with_the_address_being_listed(home: Config) -> None:
    secret = sign_in()

    list_admins("bea@contoso.example")

    assert present(secret) is None


def test_a_role_lasts_as_long_as_its_session(home: Config) -> None:
    secret = sign_in(BEA, has_role=True)

    list_admins()

    assert present(secret)


@pytest.mark.parametrize(
    "changed",
    [{"tenant": "fab21ca0-5a1d-4b0c-9c0d-000000000002"}, {"client_id": "another"}],
)
def test_it_ends_with_the_application_it_was_made_with(
    home: Config, changed: dict[str, str]
) -> None:
    secret = sign_in(has_role=True)

    register(**changed)

    assert present(secret) is None


def test_it_ends_when_people_sign_in_somewhere_else(home: Config) -> None:
    secret = sign_in(has_role=True)

    config.use(replace(home, login_url="https://login.elsewhere.example"))

    assert present(secret) is None


def test_a_new_credential_ends_no_session(home: Config) -> None:
    secret = sign_in()

    register(secret="geheim~new")

    assert present(secret)


def test_without_an_application_nobody_is_signed_in(home: Config) -> None:
    secret = sign_in(has_role=True)

    with db.session() as session:
        session.execute(text("DELETE FROM registration"))

    assert present(secret) is None


def test_what_is_over_is_swept(home: Config, passes: Passing) -> None:
    sign_in()
    passes(minutes=30)
    lasting = sign_in()
    passes(minutes=30)

    sweep()

    assert stored.rows("session") == 1
    assert present(lasting)


def test_without_its_keys_a_house_knows_nobody(home: Config) -> None:
    secret = sign_in()
    vault.lock()

    with pytest.raises(CannotDecrypt):
        present(secret)
