"""The one way into the outbox: who may, as whom, and with which account."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from portal import clock, db, vault
from portal.accept import Draft
from portal.config import Config
from portal.errors import (
    CannotDecrypt,
    InvalidMessage,
    NotAllowed,
)
from portal.explanations.own.doors import SWITCHED_OFF
from portal.mail import content
from portal.mail.outbox import Priority, State
from portal.workspace import accounts
from portal.workspace.accounts import AccountRow
from tests.accepting import BEN, DRAFT, ONCE, check, order, send, store, stored
from tests.conftest import Passing
from tests.mail import backlog

FROM = "reports@contoso.example"


def change(**values: object) -> None:
    """Change the default account."""
    with db.session() as session:
        row = session.query(AccountRow).one()
        for name, value in values.items():
            setattr(row, name, value)


def test_a_message_is_accepted_with_its_content(either_house: Config) -> None:
    receipt = send()

    record = backlog.record(UUID(receipt.id))
    assert receipt.status == State.QUEUED
    assert (record.subject, record.size, record.tags) == ("Grüße", 12, ("invoice",))
    assert record.key_id == BEN.key_id
    assert backlog.row(record.id)["priority"] == Priority.HIGH
    with db.reading() as session:
        found = content.find(session, record.id)
        assert content.read(session, found, 1, 0) == (b"file", True)


def test_a_message_without_an_id_gets_one_of_its_senders_domain(house: Config) -> None:
    assert order().internet_message_id.endswith("@mail-portal.invalid>")
    change(sender=FROM)

    made = order()

    assert made.internet_message_id == f"<{made.message_id}@contoso.example>"


def test_a_message_keeps_the_id_it_brings(house: Config) -> None:
    brought = order(replace(DRAFT, internet_message_id="<mine@contoso.example>"))

    store(brought)

    record = backlog.record(brought.message_id)
    assert record.internet_message_id == "<mine@contoso.example>"


def test_an_account_that_is_switched_off_takes_nothing(house: Config) -> None:
    change(enabled=False)

    with pytest.raises(NotAllowed, match="switched off") as refused:
        check()

    assert refused.value.cause == SWITCHED_OFF.name


def test_what_has_expired_is_refused_unless_it_was_accepted_in_time(
    either_house: Config, passes: Passing
) -> None:
    draft = replace(DRAFT, expires_at=clock.now() + timedelta(minutes=1))
    first = send(draft, ONCE)

    passes(minutes=2)

    assert send(draft, ONCE) == first
    with pytest.raises(InvalidMessage, match="expires_at: must be in the future"):
        send(draft)


def test_an_unknown_account_takes_nothing(either_house: Config) -> None:
    with pytest.raises(InvalidMessage, match="account: there is no account"):
        check(replace(DRAFT, account="nobody's"))


def test_a_named_account_is_taken(house: Config) -> None:
    named = order(replace(DRAFT, account=accounts.DEFAULT_NAME))

    assert named.account.is_default


@pytest.mark.parametrize("sender", [FROM, "Reports@CONTOSO.example", ""])
def test_the_accounts_own_address_is_taken(house: Config, sender: str) -> None:
    change(sender=FROM)

    assert order(replace(DRAFT, sender=sender)).account.sender == FROM


@pytest.mark.parametrize(
    "sender", ["ceo@contoso.example", f"x{FROM}", f"{FROM}.evil.example"]
)
def test_another_from_is_refused_and_says_which_is_right(
    house: Config, sender: str
) -> None:
    change(sender=FROM)

    with pytest.raises(NotAllowed, match=FROM):
        check(replace(DRAFT, sender=sender))


def test_an_account_without_an_address_takes_any(house: Config) -> None:
    checked = order(replace(DRAFT, sender="ben@contoso.example"))

    assert store(checked).status == State.QUEUED


def test_a_locked_vault_takes_nothing(house: Config) -> None:
    vault.lock()

    with pytest.raises(CannotDecrypt):
        check()

    assert set(stored().values()) == {0}


@pytest.fixture
def bills(house: Config) -> Draft:
    """Add an account that sends as any of a domain; return a message of its own."""
    with db.session() as session:
        given = ["@contoso.example"]
        accounts.add(session, "bills", given, large=False, by="operator")
    return replace(DRAFT, account="bills", sender=FROM)


@pytest.mark.parametrize("sender", [FROM, "Any@CONTOSO.example"])
def test_a_catch_all_sends_as_any_of_its_addresses(bills: Draft, sender: str) -> None:
    made = order(replace(bills, sender=sender))

    assert made.draft.sender == sender
    assert made.internet_message_id.endswith(f"@{sender.partition('@')[2]}>")


@pytest.mark.parametrize("sender", ["a@mail.contoso.example", "a@fabrikam.example"])
def test_a_catch_all_sends_as_nobody_else(bills: Draft, sender: str) -> None:
    with pytest.raises(NotAllowed, match="any address @contoso.example only"):
        check(replace(bills, sender=sender))


def test_a_catch_all_of_domains_alone_has_to_be_told(bills: Draft) -> None:
    with pytest.raises(InvalidMessage) as error:
        check(replace(bills, sender=""))

    [problem] = error.value.problems
    assert (problem.field, problem.reason) == (
        "from",
        "is needed: this account sends as any address @contoso.example",
    )


def test_an_smtp_account_names_all_that_it_sends_as(house: Config) -> None:
    server = accounts.Server(host="127.0.0.1", port=2526)
    with db.session() as session:
        both = ["a@contoso.example", "b@contoso.example"]
        accounts.add_smtp(session, "relay", both, server, by="Ann")

    with pytest.raises(NotAllowed) as refused:
        check(replace(DRAFT, sender="eve@x.example", account="relay"))

    assert "a@contoso.example, b@contoso.example only" in str(refused.value)
