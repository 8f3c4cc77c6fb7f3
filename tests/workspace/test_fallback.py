"""Which account may stand in for which: never for itself, by whatever detour."""

from uuid import UUID

import pytest

from portal import db
from portal.config import Config
from portal.errors import NotAllowed
from portal.workspace import accounts, switch
from portal.workspace.accounts import Account
from tests.mail import backlog


@pytest.fixture
def three(either_house: Config) -> list[UUID]:
    """Add two accounts to the default one; return the ids of all."""
    with db.session() as session:
        for name in ("second", "third"):
            given = [f"{name}@contoso.example"]
            accounts.add(session, name, given, large=False, by="Ann")
        return [each.id for each in accounts.every(session)]


def choose(account: UUID, other: UUID | None) -> None:
    with db.session() as session:
        accounts.decide_fallback(session, account, other)


def known(account: UUID) -> Account:
    with db.reading() as session:
        return accounts.by_id(session, account)


def test_an_account_names_its_fallback_and_takes_that_back(three: list[UUID]) -> None:
    first, second, _ = three

    choose(first, second)
    assert known(first).fallback_id == second
    choose(first, None)

    assert known(first).fallback_id is None


def test_an_account_does_not_fall_back_on_itself(three: list[UUID]) -> None:
    with pytest.raises(NotAllowed, match="its own fallback"):
        choose(three[0], three[0])


def test_no_detour_leads_back(three: list[UUID]) -> None:
    first, second, third = three
    choose(first, second)
    choose(second, third)

    with pytest.raises(NotAllowed, match="default falls back on this one"):
        choose(third, first)

    assert known(third).fallback_id is None


def test_several_may_fall_back_on_one(three: list[UUID]) -> None:
    first, second, third = three

    choose(first, third)
    choose(second, third)

    assert {known(first).fallback_id, known(second).fallback_id} == {third}


def test_an_account_that_is_switched_off_is_refused(three: list[UUID]) -> None:
    with db.session() as session:
        switch.off(session, accounts.by_id(session, three[1]))

    with pytest.raises(NotAllowed, match="second is switched off"):
        choose(three[0], three[1])


def test_what_is_gone_or_never_was_is_refused(three: list[UUID]) -> None:
    with db.session() as session:
        accounts.remove(session, accounts.by_id(session, three[1]), "Ann")

    for gone in (three[1], db.new_id()):
        with pytest.raises(NotAllowed, match="no such account"):
            choose(three[0], gone)


def test_who_is_removed_is_nobodys_fallback(three: list[UUID]) -> None:
    choose(three[0], three[1])

    with db.session() as session:
        accounts.remove(session, accounts.by_id(session, three[1]), "Ann")

    assert known(backlog.account()).fallback_id is None
