"""Mail accounts: one is the default, and each change of one is counted."""

import pytest

from portal import db
from portal.config import Config
from portal.errors import NotAllowed, NotFound
from portal.mail import lanes
from portal.workspace import accounts, connections
from portal.workspace.accounts import Account, Settings
from tests.workspace import grants

REPORTS = Settings(sender="reports@contoso.example", large_attachments=False)


def test_a_new_house_has_one_account_and_it_is_the_default(
    either_house: Config,
) -> None:
    with db.reading() as session:
        [account] = accounts.every(session)

        assert accounts.find(session) == account
        assert accounts.find(session, "") == account
        assert accounts.find(session, account.name) == account
        assert accounts.by_id(session, account.id) == account

    assert (account.name, account.transport) == ("default", "graph")
    assert (account.sender, account.enabled) == (None, True)
    assert (account.large_attachments, account.version) == (False, 1)


def test_a_house_is_founded_once(either_house: Config) -> None:
    with db.session() as session:
        accounts.make_first(session)
        accounts.make_first(session)

        assert len(accounts.every(session)) == 1


def test_no_other_name_finds_it(either_house: Config) -> None:
    for name in ("Default", "nobody's", "' OR 1=1 --", "%", "x" * 9999):
        with pytest.raises(NotFound), db.reading() as session:
            accounts.find(session, name)


def test_an_unknown_id_finds_nothing(either_house: Config) -> None:
    with pytest.raises(NotFound), db.reading() as session:
        accounts.by_id(session, db.new_id())


def test_a_change_is_counted(either_house: Config) -> None:
    with db.session() as session:
        account = accounts.find(session)
        accounts.apply(session, account.id, REPORTS, "bea@contoso.example")

    with db.reading() as session:
        changed = accounts.find(session)
    assert changed.sender == "reports@contoso.example"
    assert changed.version == account.version + 1
    assert changed.changed_by == "bea@contoso.example"
    assert changed.changed_at


def test_a_locked_account_is_read_afresh(either_house: Config) -> None:
    with db.session() as session:
        before = accounts.find(session)
        accounts.apply(session, before.id, REPORTS, "bea@contoso.example")

        assert accounts.lock(session, before.id).version == before.version + 1


def add(*given: str, name: str = "bills") -> Account:
    with db.session() as session:
        return accounts.add(session, name, given, large=False, by="operator")


def test_an_account_that_sends_by_application_is_never_the_default(
    either_house: Config,
) -> None:
    added = add("reports@contoso.example", "@fabrikam.example")

    with db.reading() as session:
        assert accounts.find(session, "bills") == added
        assert not accounts.find(session).by_application
    assert added.sender == "reports@contoso.example"
    assert (added.by_application, added.catch_all) == (True, True)


def test_with_one_address_it_is_no_catch_all(house: Config) -> None:
    added = add("Reports@contoso.example")

    assert (added.catch_all, added.lane_key) == (False, "reports@contoso.example")
    with db.reading() as session:
        assert lanes.holding(session, added.id) is None


def test_with_a_domain_alone_it_has_no_address_of_its_own(house: Config) -> None:
    added = add("@fabrikam.example")

    assert (added.sender, added.catch_all) == (None, True)
    assert added.lane_key == f"application/{added.id}"


@pytest.mark.parametrize("name", ["default", "bills", "", " ", "a\nb", "x" * 101])
def test_a_name_that_is_taken_or_none_is_refused(house: Config, name: str) -> None:
    add("@fabrikam.example")

    with pytest.raises(NotAllowed):
        add("@fabrikam.example", name=name)


def test_no_user_connects_it(house: Config) -> None:
    grants.register()
    added = add("@fabrikam.example")
    connected = grants.keep()

    with pytest.raises(NotAllowed, match="application permission"):
        grants.keep(account=added.id)
    with db.reading() as session:
        assert connections.find(session, connected.account_id) == connected
