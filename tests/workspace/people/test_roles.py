"""Admins: matched by address once, and known by who they are ever after."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import text

from portal import db
from portal.config import Config
from portal.workspace.people import roles
from tests import stored
from tests.workspace.people.cast import (
    ADDRESS,
    ANN,
    BEA,
    admitted,
    list_admins,
    register,
)

SUCCESSOR = replace(BEA, username=ADDRESS)  # got Ann's address after she had it
KELVIN = "\u212aai@contoso.example"  # in lower case it is a k


def admins() -> tuple[str, ...]:
    with db.reading() as session:
        return roles.admins(session)


def test_a_new_house_has_no_admin(either_house: Config) -> None:
    assert admins() == ()
    assert not admitted(ANN)
    assert stored.rows("admin", "audit") == 0


def test_the_first_admin_is_one_of_those_listed(either_house: Config) -> None:
    list_admins("Bea@Contoso.example", "ANN@contoso.example")
    register(admin=ADDRESS)

    assert admins() == ("bea@contoso.example", ADDRESS)


def test_a_listed_address_is_let_in_however_it_is_spelled(either_house: Config) -> None:
    list_admins("Ann@Contoso.Example")

    assert admitted(replace(ANN, username="aNN@contoso.EXAMPLE"))


def test_nobody_else_is_let_in(either_house: Config) -> None:
    list_admins(ADDRESS)

    assert not admitted(BEA)
    assert stored.rows("admin") == 0


@pytest.mark.parametrize(
    "username",
    [
        "",
        " ann@contoso.example",
        "ann@contoso.example ",
        "ann@contoso.example.evil.example",
        "ann@contoso.exampl\u0435",  # Cyrillic
        "\uff41nn@contoso.example",  # full width
        "a\u0308nn@contoso.example",
        "ann+x@contoso.example",
        "%",
        "ann@contoso_example",
    ],
)
def test_what_only_looks_like_an_address_is_another(
    house: Config, username: str
) -> None:
    list_admins(ADDRESS)

    assert not admitted(replace(BEA, username=username))


def test_no_letter_of_another_script_becomes_ours(either_house: Config) -> None:
    list_admins("kai@contoso.example")

    assert not admitted(replace(BEA, username=KELVIN))


def test_an_address_of_the_mailbox_is_not_asked_for(house: Config) -> None:
    list_admins(ADDRESS)

    assert not admitted(replace(BEA, email=ADDRESS))


def test_a_later_person_with_the_same_address_is_refused(either_house: Config) -> None:
    list_admins(ADDRESS)
    admitted(ANN)

    assert not admitted(SUCCESSOR)
    assert not admitted(replace(SUCCESSOR, username=ADDRESS.upper()))
    assert admitted(ANN)
    with db.reading() as session:
        assert roles.taken(session, SUCCESSOR)
        assert not roles.taken(session, ANN)
        assert not roles.taken(session, BEA)


def test_a_renamed_admin_stays_one(either_house: Config) -> None:
    list_admins(ADDRESS)
    admitted(ANN)

    assert admitted(replace(ANN, username="ann.b@contoso.example"))


def test_whose_address_is_listed_no_more_is_no_admin(either_house: Config) -> None:
    list_admins(ADDRESS)
    admitted(ANN)

    list_admins("bea@contoso.example")

    assert not admitted(ANN)
    assert admitted(BEA)


def test_a_role_lets_in_without_an_address(either_house: Config) -> None:
    assert admitted(BEA, has_role=True)
    assert not admitted(BEA)


def test_whoever_comes_with_a_role_keeps_a_listed_address_too(house: Config) -> None:
    list_admins(ADDRESS)
    admitted(ANN, has_role=True)

    assert not admitted(SUCCESSOR)
    assert admitted(ANN)


def test_an_address_is_bound_within_one_organization(either_house: Config) -> None:
    list_admins(ADDRESS)
    elsewhere = replace(SUCCESSOR, tid="fab21ca0-5a1d-4b0c-9c0d-000000000002")
    admitted(ANN)

    # Another application is registered since, and the address is known there, too.
    assert not admitted(replace(ANN, tid=elsewhere.tid, username="x@contoso.example"))
    assert admitted(elsewhere)
    assert admitted(ANN)


def test_two_who_come_first_at_once_are_told_apart(either_house: Config) -> None:
    list_admins(ADDRESS)
    ready = threading.Barrier(4)

    def come(number: int) -> bool:
        ready.wait()
        return admitted(replace(ANN, oid=str(number)))

    with ThreadPoolExecutor(4) as pool:
        let_in = list(pool.map(come, range(4)))

    assert sum(let_in) == 1
    assert stored.rows("admin") == 1


def test_becoming_an_admin_is_written_down_once(house: Config) -> None:
    list_admins(ADDRESS)
    admitted(ANN)
    admitted(ANN)

    with db.reading() as session:
        notes = session.execute(text("SELECT actor, action, subject FROM audit")).all()
    assert [tuple(each) for each in notes] == [(ADDRESS, "became admin", ADDRESS)]
