"""Which accounts wait for a sign-in: found with one question, and as told of one."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import update

from portal import clock, config, db
from portal.config import Config
from portal.workspace import accounts, standing
from portal.workspace.accounts import AccountRow, Server
from portal.workspace.accounts.servers import Authentication, Provider, Security
from portal.workspace.connections import ConnectionRow
from portal.workspace.standing import sign_ins
from tests import trip
from tests.mail import backlog
from tests.workspace import grants

ANN = "admin@contoso.example"
EXCHANGE = Server(
    host="smtp.office365.com",
    port=587,
    security=Security.STARTTLS,
    authentication=Authentication.CONSENT,
    username=ANN,
)
GMAIL = replace(
    EXCHANGE,
    host="smtp.gmail.com",
    provider=Provider.GOOGLE,
    client_id="a-client",
    client_secret="geheim~client",
)


def awaited() -> list[str]:
    with db.reading() as session:
        return [each.name for each in sign_ins.awaited(session)]


def connected() -> None:
    """Connect the default account, so that all is well."""
    grants.register()
    grants.keep()
    grants.send_as(ANN)


def changed(**values: object) -> None:
    """Let the connection be another than it was."""
    connected()
    with db.session() as session:
        session.execute(update(ConnectionRow).values(**values))


def retired() -> None:
    changed(retired_at=clock.now())


def in_the_environment() -> None:
    connected()
    config.use(replace(config.current(), client_id="another", tenant_id="t"))


def submitting(server: Server) -> UUID:
    with db.session() as session:
        return accounts.add_smtp(session, "office", [ANN], server, by=ANN).id


@pytest.mark.parametrize(
    "happens",
    [
        retired,
        lambda: changed(trouble="The password has changed."),
        lambda: changed(authority="https://elsewhere.example"),
        lambda: changed(tenant="another"),
        lambda: changed(client_id="another"),
        in_the_environment,
    ],
)
def test_whose_sign_in_is_over_waits_for_another(
    either_house: Config, happens: Callable[[], None]
) -> None:
    happens()

    with db.reading() as session:
        assert standing.signed_out(session, accounts.find(session))
    assert awaited() == ["default"]


def test_while_all_is_well_nobody_waits(either_house: Config) -> None:
    connected()

    with db.reading() as session:
        assert not standing.signed_out(session, accounts.find(session))
    assert awaited() == []


@pytest.mark.parametrize(
    "used",
    [lambda: backlog.put(backlog.account()), lambda: trip.ask(ANN)],
    ids=["mail", "change"],
)
def test_what_nobody_connected_yet_waits_once_it_is_used(
    either_house: Config, used: Callable[[], object]
) -> None:
    before = awaited()

    used()

    assert (before, awaited()) == ([], ["default"])


def test_who_signs_in_at_a_server_is_waited_for_until_that_is_done(
    house: Config,
) -> None:
    grants.register()
    account = submitting(EXCHANGE)
    before = awaited()

    grants.keep(account=account)

    assert (before, awaited()) == (["office"], [])


@pytest.mark.parametrize(("client_id", "waits"), [("a-client", []), ("b", ["office"])])
def test_of_google_it_counts_what_was_made_with_its_client(
    either_house: Config, client_id: str, waits: list[str]
) -> None:
    made = {"authority": either_house.google_url, "client_id": client_id, "tenant": ""}
    grants.register()
    grants.keep(account=submitting(GMAIL))

    with db.session() as session:
        session.execute(update(ConnectionRow).values(**made))

    assert awaited() == waits


@pytest.mark.parametrize(
    "values", [{"enabled": False}, {"removed_at": clock.now()}, {"trial": True}]
)
def test_what_is_out_of_use_waits_for_nobody(
    house: Config, values: dict[str, object]
) -> None:
    retired()

    with db.session() as session:
        session.execute(update(AccountRow).values(**values))

    assert awaited() == []


def test_where_nobody_signs_in_nobody_is_waited_for(house: Config) -> None:
    relay = Server(host="mail.contoso.example", port=25)

    with db.session() as session:
        accounts.add(session, "archive", [ANN], large=False, by=ANN)
        accounts.add_smtp(session, "relay", [ANN], relay, by=ANN)

    assert awaited() == []
