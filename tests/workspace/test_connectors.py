"""Network Connectors: one default at most, sealed credentials, which one is meant."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from portal import config, db
from portal.config import Config
from portal.errors import NotAllowed, NotFound
from portal.workspace import accounts
from portal.workspace.accounts import Server, connectors

ADDRESS = "http://ann:geheim@proxy.example.com:3128"
OTHER = "https://[2001:db8::1]:8443"
SERVER = Server(host="smtp.example.com", port=587)


def add(name: str, address: str = ADDRESS) -> connectors.Connector:
    with db.session() as session:
        return connectors.add(session, name, address)


def through(server: Server) -> str:
    with db.reading() as session:
        return connectors.through(session, server)


def test_the_first_one_is_the_default_until_another_is_chosen(
    either_house: Config,
) -> None:
    first, second = add("tunnel"), add("other", OTHER)
    with db.session() as session:
        connectors.make_default(session, second)
        known = connectors.every(session)

    assert (first.is_default, second.is_default) == (True, False)
    assert [each.is_default for each in known] == [False, True]
    assert [each.place for each in known] == ["http://proxy.example.com:3128", OTHER]


def test_its_credential_is_sealed(house: Config) -> None:
    add("tunnel")

    with db.reading() as session:
        rows = session.execute(text("SELECT * FROM connector")).all()
    assert "geheim" not in str(rows)


def test_what_is_named_is_meant_then_the_default_then_the_usual(house: Config) -> None:
    usual = "http://usual.example:3128"
    config.use(replace(house, proxy=usual))
    blank = through(replace(SERVER, use_connector=True))
    add("tunnel")
    other = add("other", OTHER)

    assert through(SERVER) == usual
    assert blank == usual
    assert through(replace(SERVER, use_connector=True)) == ADDRESS
    named = replace(SERVER, use_connector=True, connector_id=other.id)
    assert through(named) == OTHER


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("", ADDRESS),
        ("x" * 101, ADDRESS),
        ("tunnel", ADDRESS),
        ("default", ADDRESS),
        ("new", "proxy.example.com:3128"),
        ("new", "socks5://proxy.example.com"),
        ("new", "http://"),
        ("new", "http://proxy.example.com/geheim"),
        ("new", "http://proxy.example.com:99999999"),
        ("new", "http://proxy.example.com\r\nX: geheim"),
    ],
)
def test_what_is_wrong_is_refused_and_not_repeated(
    house: Config, name: str, address: str
) -> None:
    add("tunnel")

    with pytest.raises(NotAllowed) as refused:
        add(name, address)

    assert "geheim" not in str(refused.value)


def test_one_that_an_account_names_stays(house: Config) -> None:
    tunnel = add("tunnel")
    server = replace(SERVER, use_connector=True, connector_id=tunnel.id)
    with db.session() as session:
        given = ["reports@contoso.example"]
        account = accounts.add_smtp(session, "relay", given, server, by="Ann")

    with db.session() as session, pytest.raises(NotAllowed, match="An account leaves"):
        connectors.remove(session, tunnel)
    with db.session() as session:
        accounts.remove(session, account, "Ann")
        connectors.remove(session, tunnel)
    with db.reading() as session, pytest.raises(NotFound):
        connectors.find(session, "tunnel")
