"""The own token of an application: fetched once, kept sealed, and not for too long."""

import threading
from dataclasses import replace

import pytest
from sqlalchemy import select

from portal import config, db
from portal.errors import NotConnected
from portal.issuer.refusals import CredentialRefused, Unreachable
from portal.workspace import accounts, tokens
from portal.workspace.accounts import Account
from portal.workspace.tokens.application import ApplicationTokenRow
from tests.conftest import Passing
from tests.microsoft.scripted import Server, reply
from tests.workspace import grants
from tests.workspace.grants import issue, refuse
from tests.workspace.spending import meanwhile


@pytest.fixture
def account(server: Server) -> Account:
    """Add an account that sends by the application's own permission."""
    with db.session() as session:
        return accounts.add(
            session, "bills", ["@contoso.example"], large=False, by="operator"
        )


def current(account: Account) -> str:
    return tokens.current(account.id).access


def row() -> ApplicationTokenRow:
    with db.reading() as session:
        return session.scalars(select(ApplicationTokenRow)).one()


def test_it_is_fetched_once_and_belongs_to_no_connection(
    server: Server, account: Account
) -> None:
    server.will(issue("geheim~one"), issue("geheim~two"))

    given = [tokens.current(account.id) for _ in range(3)]

    assert [(each.access, each.connection) for each in given] == [
        ("geheim~one", None)
    ] * 3
    assert b"grant_type=client_credentials" in server.requests[0].body


def test_it_is_kept_sealed(server: Server, account: Account) -> None:
    server.will(issue("geheim~one"))

    current(account)

    assert b"geheim" not in row().sealed_access
    assert "geheim" not in repr(tokens.current(account.id))


@pytest.mark.parametrize(("seconds", "expected"), [(3290, "one"), (3310, "two")])
def test_it_is_fetched_anew_five_minutes_before_it_ends(
    server: Server, account: Account, passes: Passing, seconds: int, expected: str
) -> None:
    server.will(issue("one"), issue("two"))
    current(account)

    passes(seconds=seconds)

    assert current(account) == expected


def test_who_comes_meanwhile_goes_on_with_what_lives(
    server: Server, account: Account, passes: Passing
) -> None:
    server.will(issue("one"))
    current(account)
    passes(seconds=3310)
    seen: list[str] = []
    server.will(meanwhile(lambda: seen.append(current(account)), issue("two")))

    assert current(account) == "two"
    assert seen == ["one"]


def test_of_many_without_one_a_single_one_asks(
    server: Server, account: Account
) -> None:
    server.will(issue("one"), issue("two"))
    seen: list[str] = []
    threads = [
        threading.Thread(target=lambda: seen.append(current(account))) for _ in range(8)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == ["one"] * 8


def test_what_microsoft_refused_is_not_given_again(
    server: Server, account: Account
) -> None:
    server.will(issue("one"), issue("two"))

    tokens.spoil(tokens.current(account.id))

    assert current(account) == "two"


def test_what_others_have_replaced_is_not_spoiled(
    server: Server, account: Account
) -> None:
    server.will(issue("one"), issue("two"), issue("three"))
    old = tokens.current(account.id)
    tokens.spoil(old)
    current(account)

    tokens.spoil(old)

    assert current(account) == "two"


def test_another_credential_needs_another_token(
    server: Server, account: Account
) -> None:
    server.will(issue("one"), issue("two"))
    current(account)

    grants.register(secret="geheim~newer")

    assert current(account) == "two"


def test_another_sign_in_is_given_none(
    server: Server, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.will(issue("one"), issue("two"))
    current(account)

    config.use(replace(config.current(), login_url=f"{server.url}/elsewhere"))

    assert current(account) == "two"


def test_without_an_application_nobody_is_asked(
    server: Server, account: Account
) -> None:
    with db.session() as session:
        session.execute(db.Table.metadata.tables["registration"].delete())

    with pytest.raises(NotConnected, match="No application"):
        current(account)
    assert server.requests == []


def test_a_refused_credential_is_told_apart_from_a_failure(
    server: Server, account: Account
) -> None:
    server.will(refuse("invalid_client", 7000222, 401), reply(503))

    with pytest.raises(CredentialRefused):
        current(account)
    with pytest.raises(Unreachable):
        current(account)
