"""What a mailbox is called: it changes, and what that leaves behind is known."""

from dataclasses import replace

import pytest

from portal import db
from portal.config import Config
from portal.issuer.identity import Identity
from portal.mail.message import address
from portal.workspace import connections
from portal.workspace.connections import Connection
from tests.workspace import grants

OLD, NEW, NEWER = (f"{name}@contoso.example" for name in ("reports", "news", "press"))
NOREPLY = "noreply@contoso.example"


def named(username: str, email: str | None = None) -> Identity:
    return replace(grants.WHO, username=username, email=email or username)


def rename(sender: str, *names: Identity) -> Connection:
    """Let the mailbox be called so, one name after the other."""
    connection = grants.keep(who=named(OLD))
    with db.session() as session:
        row = session.get_one(connections.ConnectionRow, connection.id)
        for who in names:
            connections.rename(row, who, sender)
        return connections.told(row)


@pytest.mark.parametrize(
    ("sender", "names", "left"),
    [
        (OLD, [named(NEW)], OLD),
        (OLD.upper(), [named(NEW)], OLD.upper()),
        (OLD, [named(NEW), named(NEWER)], OLD),
        (OLD, [named(NEW), named(OLD)], ""),
        (OLD, [named(OLD, NEW)], ""),
        (OLD, [named(NEW, OLD)], ""),
        (OLD, [named(NEW, OLD), named(NEW)], OLD),
        (OLD, [named(OLD.title())], ""),
        (NOREPLY, [named(NEW)], ""),
        ("", [named(NEW)], ""),
    ],
)
def test_a_from_that_was_its_own_is_left_behind(
    house: Config, sender: str, names: list[Identity], left: str
) -> None:
    found = rename(sender, *names)

    assert found.renamed_from == left
    assert address.same(found.username, names[-1].username)


def test_an_address_that_is_not_told_any_more_is_no_new_name(house: Config) -> None:
    silent = replace(grants.WHO, username=OLD, email="")

    found = rename(OLD, silent)

    assert (found.email, found.renamed_from) == (OLD, "")


@pytest.mark.parametrize(("oid", "left"), [(grants.WHO.oid, OLD), ("another", "")])
def test_who_signs_in_again_under_a_new_name_leaves_from_behind_as_well(
    house: Config, oid: str, left: str
) -> None:
    grants.keep(who=named(OLD))
    grants.send_as(OLD)

    found = grants.keep(who=replace(named(NEW), oid=oid))

    assert found.renamed_from == left


@pytest.mark.parametrize(("seen", "decided"), [(NEW, True), (OLD, False)])
def test_it_is_decided_about_once_and_by_who_saw_the_name(
    either_house: Config, seen: str, decided: bool
) -> None:
    connection = rename(OLD, named(NEW))

    with db.session() as session:
        first = connections.decide(session, connection.id, seen)
    with db.session() as session:
        again = connections.decide(session, connection.id, seen)

    assert (first, again) == (decided, False)
