"""What was in force is set beside what is, in one order, whichever is missing."""

from portal import db
from portal.config import Config
from portal.workspace import accounts, in_force
from portal.workspace.in_force import difference
from portal.workspace.in_force.difference import Setting
from tests.workspace import grants


def test_only_what_differs_is_changed() -> None:
    then = {"sender": "a@contoso.example", "host": "smtp.example.com", "port": "25"}
    now = {"host": "smtp.example.com", "port": "587", "username": "relay"}

    told = difference.beside(then, now)

    assert [each.name for each in told] == ["host", "port", "username", "sender"]
    assert [each.name for each in told if each.changed] == [
        *("port", "username", "sender")
    ]
    assert told[-1] == Setting(name="sender", then="a@contoso.example", now="")


def test_no_setting_is_forgotten(house: Config) -> None:
    grants.register()
    connection = grants.keep()
    with db.reading() as session:
        account = accounts.find(session)
        known = in_force.settings(session, account, connection)

    assert known.keys() <= set(difference.ORDER)
