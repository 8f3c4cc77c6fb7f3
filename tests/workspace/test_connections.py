"""Connections: one in use, its tokens sealed, and only with what it was made with."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from portal import clock, db
from portal.config import Config
from portal.errors import CannotDecrypt
from portal.microsoft import issuer
from portal.microsoft.login import Registration
from portal.workspace import connections
from portal.workspace.connections import Connection, ConnectionRow
from tests.conftest import Passing
from tests.mail import backlog
from tests.workspace import grants


def in_use() -> Connection | None:
    account = backlog.account()
    with db.reading() as session:
        return connections.find(session, account)


def belongs(kept: Connection, **changed: Any) -> bool:
    chosen: Registration = replace(grants.register(), **changed)
    return connections.belongs(grants.row(kept.id), issuer.of(chosen))


def test_nobody_has_connected_a_new_house(either_house: Config) -> None:
    assert in_use() is None


def test_a_connection_is_told_as_it_was_made(either_house: Config) -> None:
    kept = grants.keep()

    assert in_use() == kept
    assert kept.lane_key == f"{grants.WHO.tid}/{grants.WHO.oid}"
    assert kept.scopes == {"Mail.Send", "openid"}
    assert (kept.connected_by, kept.proven_at, kept.trouble) == ("operator", None, "")


def test_a_newer_connection_retires_the_one_before(either_house: Config) -> None:
    old = grants.keep()
    new = grants.keep()

    assert in_use() == new
    assert grants.row(old.id).retired_at is not None
    assert grants.row(new.id).retired_at is None


def test_an_account_never_has_two_connections_in_use(either_house: Config) -> None:
    old = grants.keep()
    grants.keep()

    with pytest.raises(Exception, match="(?i)unique"), db.session() as session:
        session.get_one(ConnectionRow, old.id).retired_at = None


def test_a_retired_connection_leaves_the_account_without_one(
    either_house: Config,
) -> None:
    grants.keep()

    with db.session() as session:
        connections.retire(session, backlog.account())

    assert in_use() is None


def test_a_retired_connection_is_erased_in_time_with_its_tokens(
    either_house: Config, passes: Passing
) -> None:
    grants.keep()
    passes(minutes=20)
    second = grants.keep()
    passes(minutes=10)
    third = grants.keep()

    with db.session() as session:
        connections.erase_retired(session, clock.now() - timedelta(minutes=5))

    with db.reading() as session:
        left = session.query(ConnectionRow.id).order_by(ConnectionRow.id).all()
    assert [each.id for each in left] == [second.id, third.id]


def test_an_accepted_mail_proves_a_connection_once(either_house: Config) -> None:
    kept = grants.keep()
    with db.session() as session:
        connections.prove(session, kept.id)
    first = in_use()
    with db.session() as session:
        connections.prove(session, kept.id)

    assert first is not None
    assert first.proven_at is not None
    assert in_use() == first


def test_tokens_are_sealed_and_say_which_they_are(house: Config) -> None:
    kept = grants.keep()
    row = grants.row(kept.id)

    assert connections.unseal(row, "access") == "geheim~access"
    assert connections.unseal(row, "refresh") == "geheim~refresh"
    row.sealed_access, row.sealed_refresh = row.sealed_refresh, row.sealed_access
    for kind in connections.Kind.__args__:  # type: ignore[attr-defined]
        with pytest.raises(CannotDecrypt):
            connections.unseal(row, kind)


def test_a_token_in_another_row_does_not_open(house: Config) -> None:
    one, other = grants.row(grants.keep().id), grants.row(grants.keep().id)

    one.sealed_refresh = other.sealed_refresh

    with pytest.raises(CannotDecrypt):
        connections.unseal(one, "refresh")


def test_no_token_can_be_read_in_the_database(house: Config) -> None:
    grants.register()
    grants.keep()
    grants.keep()
    db.disconnect()

    for path in house.instance.iterdir():
        assert b"geheim" not in path.read_bytes()


def test_an_answer_without_a_refresh_token_keeps_the_old_one(house: Config) -> None:
    kept = grants.keep()
    with db.session() as session:
        row = session.get_one(ConnectionRow, kept.id)
        connections.store(row, grants.grant(access="newer", refresh=None))

    assert connections.unseal(grants.row(kept.id), "access") == "newer"
    assert connections.unseal(grants.row(kept.id), "refresh") == "geheim~refresh"
    assert grants.row(kept.id).renewed_at <= clock.now()


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "another-app"},
        {"tenant": "fabrikam.example"},
        {"login_url": "https://login.evil.example"},
    ],
)
def test_a_connection_belongs_to_what_it_was_made_with(
    house: Config, changed: dict[str, str]
) -> None:
    kept = grants.keep()

    assert belongs(kept)
    assert not belongs(kept, **changed)


def test_a_new_secret_of_the_same_application_changes_nothing(house: Config) -> None:
    assert belongs(grants.keep(), secret="renewed")


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("reports@contoso.example", True),
        ("REPORTS@Contoso.Example", True),
        ("noreply@contoso.example", False),
        ("", False),
    ],
)
def test_a_mailbox_owns_the_addresses_of_its_sign_in(
    house: Config, address: str, own: bool
) -> None:
    assert grants.keep().owns(address) is own


def test_a_sign_in_without_an_email_owns_no_empty_address(house: Config) -> None:
    kept = grants.keep(who=replace(grants.WHO, email=""))

    assert kept.owns("") is False
