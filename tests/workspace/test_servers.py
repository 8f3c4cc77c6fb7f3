"""Accounts that send by an SMTP server: what they are told, and what is refused."""

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import text

from portal import db
from portal.config import Config
from portal.errors import NotAllowed, NotFound
from portal.mail import lanes
from portal.mail.lanes import FeedRow, LaneRow, budgets, charges
from portal.mail.lanes.budgets import Tariff
from portal.workspace import accounts, switch
from portal.workspace.accounts import Account, Letterhead, servers
from portal.workspace.accounts.servers import Authentication, Security, Server
from tests.mail import backlog

OFFICE = Server(
    host="smtp.office365.com",
    port=587,
    authentication=Authentication.PASSWORD,
    username="Reports@contoso.example",
    password="open, Sesame",
)
RELAY = Server(host="127.0.0.1", port=25, security=Security.NONE)
REPORTS = "reports@contoso.example"


def add(server: Server = OFFICE, *given: str, name: str = "relay") -> Account:
    with db.session() as session:
        return accounts.add_smtp(session, name, given or [REPORTS], server, by="bea")


def lane(account_id: UUID) -> LaneRow:
    with db.reading() as session:
        feed = session.get_one(FeedRow, account_id)
        found = session.get_one(LaneRow, feed.lane_id)
        session.expunge(found)
    return found


def limits(account: Account) -> budgets.Limits:
    with db.reading() as session:
        return charges.limits(session, lane(account.id).id)


def test_a_server_comes_back_as_it_was(either_house: Config) -> None:
    account = add()

    with db.reading() as session:
        assert servers.of(session, account.id) == OFFICE


@pytest.mark.parametrize("authentication", Authentication)
def test_what_is_added_is_told_as_it_is_found_later(
    house: Config, authentication: Authentication
) -> None:
    added = add(replace(OFFICE, authentication=authentication))

    with db.reading() as session:
        assert added == accounts.find(session, "relay")


def test_its_password_lies_sealed_and_is_shown_nowhere(either_house: Config) -> None:
    add()

    with db.reading() as session:
        sealed = session.scalar(text("SELECT sealed_password FROM smtp_server"))
    assert b"Sesame" not in bytes(sealed)
    assert "Sesame" not in repr(OFFICE)


def test_a_password_moved_to_another_account_opens_no_more(house: Config) -> None:
    one, other = add(), add(name="other")
    with db.session() as session:
        rows = {r.account_id: r for r in session.query(servers.ServerRow)}
        rows[other.id].sealed_password = rows[one.id].sealed_password

    with pytest.raises(Exception, match="decrypt"), db.reading() as session:
        servers.of(session, other.id)


def test_a_list_of_servers_opens_no_password(house: Config) -> None:
    one, other = add(), add(name="other")
    with db.session() as session:
        rows = {r.account_id: r for r in session.query(servers.ServerRow)}
        rows[other.id].sealed_password = rows[one.id].sealed_password

    with db.reading() as session:
        listed = servers.every(session)

    assert {*listed} == {one.id, other.id}
    assert not any(each.password for each in listed.values())


@pytest.mark.parametrize(
    "change",
    [
        {"security": Security.NONE},
        {"username": ""},
        {"password": ""},
        {"authentication": Authentication.OAUTH, "security": Security.NONE},
    ],
    ids=str,
)
def test_what_could_not_work_or_tells_a_secret_is_refused(
    house: Config, change: dict[str, object]
) -> None:
    with pytest.raises(NotAllowed):
        add(replace(OFFICE, **change))  # type: ignore[arg-type]

    with db.reading() as session, pytest.raises(NotFound):
        accounts.find(session, "relay")


def test_a_server_of_this_machine_gets_a_password_in_the_clear(house: Config) -> None:
    add(replace(OFFICE, host="127.0.0.1", security=Security.NONE))


@pytest.mark.parametrize("text", ["", "a b", "x" * 64 + ".example", "a\r\nb", "a/b"])
def test_what_is_no_host_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no name of a server"):
        servers.host(text)


def test_a_host_in_another_script_is_spelled_in_ascii() -> None:
    assert servers.host("Bücher.example.") == "xn--bcher-kva.example"


def test_exchange_online_is_given_three_connections_and_thirty_a_minute(
    house: Config,
) -> None:
    account = add()

    found = lane(account.id)
    assert (found.key, found.in_flight, found.tariff) == (
        "smtp/smtp.office365.com:587/reports@contoso.example",
        3,
        Tariff.SUBMISSION,
    )
    assert limits(account) == {"messages": 30, "recipients": 10_000}


def test_another_server_has_no_limits_of_microsoft(house: Config) -> None:
    account = add(RELAY)

    assert (lane(account.id).in_flight, limits(account)) == (4, {})


@pytest.mark.parametrize("host", ["office365.com.evil.example", "notoffice365.com"])
def test_who_only_looks_like_microsoft_is_not(house: Config, host: str) -> None:
    assert replace(OFFICE, host=host).tariff == Tariff.FREE


def test_requests_at_once_are_those_of_graph_alone(house: Config) -> None:
    account = add()

    with db.session() as session:
        lanes.allow(session, 9)

    assert lane(account.id).in_flight == 3


def test_it_sends_as_what_it_was_given_only(house: Config) -> None:
    account = add(RELAY, REPORTS, "@fabrikam.example")

    assert account.sends_as("Reports@Contoso.example")
    assert account.sends_as("any@fabrikam.example")
    assert not account.sends_as("alex@contoso.example")


def test_an_account_that_forces_its_own_from_takes_any(house: Config) -> None:
    account = add(RELAY)
    with db.session() as session:
        accounts.decide_letterhead(session, account.id, Letterhead(force=True))

    with db.reading() as session:
        assert accounts.find(session, "relay").sends_as("anybody@example.org")


def test_a_domain_alone_is_no_sender_of_an_smtp_account(house: Config) -> None:
    with pytest.raises(NotAllowed, match="address to send as"):
        add(RELAY, "@fabrikam.example")


def test_a_return_path_is_for_smtp_accounts(house: Config) -> None:
    letterhead = Letterhead(return_path="bounces@contoso.example")

    with pytest.raises(NotAllowed, match="Return-Path"), db.session() as session:
        accounts.decide_letterhead(session, backlog.account(), letterhead)


def test_there_is_one_default_whoever_is_chosen(either_house: Config) -> None:
    account = add(RELAY)

    with db.session() as session:
        accounts.make_default(session, account)

    with db.reading() as session:
        assert accounts.find(session).id == account.id
        assert sum(each.is_default for each in accounts.every(session)) == 1


def test_mail_waits_for_an_account_that_is_off(house: Config) -> None:
    account = add(RELAY)
    backlog.put(account.id)

    with db.session() as session:
        switch.off(session, account)

    assert backlog.taken() == []
    with db.session() as session:
        switch.on(session, account)
    assert len(backlog.taken()) == 1


def test_another_server_does_not_switch_it_on(house: Config) -> None:
    account = add(RELAY)
    backlog.put(account.id)
    with db.session() as session:
        switch.off(session, account)
        accounts.move(session, account.id, replace(RELAY, port=26))

    assert backlog.taken() == []


def test_the_default_account_is_never_off(house: Config) -> None:
    with pytest.raises(NotAllowed, match="another one first"), db.session() as session:
        switch.off(session, accounts.find(session))


def test_a_removed_account_frees_its_name_and_its_password(house: Config) -> None:
    account = add()

    with db.session() as session:
        accounts.remove(session, account, "bea")

    with db.reading() as session:
        assert [each.name for each in accounts.every(session)] == ["default"]
        assert session.query(servers.ServerRow).count() == 0
    add()


def test_what_a_removed_account_sent_still_names_it(house: Config) -> None:
    account = add()
    with db.session() as session:
        accounts.remove(session, account, "bea")

    with db.reading() as session:
        assert accounts.by_id(session, account.id).name.startswith("relay (removed")


def test_an_account_stays_while_mail_waits_for_it(house: Config) -> None:
    account = add(RELAY)
    backlog.put(account.id)

    with pytest.raises(NotAllowed, match="1 messages of relay"):  # noqa: SIM117
        with db.session() as session:
            accounts.remove(session, account, "bea")

    assert len(backlog.taken()) == 1
