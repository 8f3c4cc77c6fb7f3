"""What is in force is told setting by setting, and never with a secret."""

from dataclasses import replace

from portal import config, db
from portal.config import Config
from portal.mail.journal import snapshots
from portal.workspace import accounts, connections, in_force
from portal.workspace.accounts import Account, connectors, servers
from portal.workspace.accounts.servers import Authentication, Security, Server
from tests import stored
from tests.workspace import grants

SECRET = "open-Sesame"
REPORTS = "reports@contoso.example"
RELAY = Server(
    host="smtp.example.com",
    port=465,
    security=Security.TLS,
    authentication=Authentication.PASSWORD,
    username="relay",
    password=SECRET,
)
OFFICE = replace(
    RELAY,
    host="smtp.office365.com",
    port=587,
    security=Security.STARTTLS,
    authentication=Authentication.OAUTH,
)
APPLICATION = {
    "tenant": "c0270500-5a1d-4b0c-9c0d-000000000001",
    "client_id": "an-app",
    "redirect_uri": "http://localhost:5000/callback",
}


def add(server: Server) -> Account:
    with db.session() as session:
        added = accounts.add_smtp(session, "relay", [REPORTS], server, by="bea")
    with db.reading() as session:
        return accounts.by_id(session, added.id)


def found(account: Account) -> dict[str, str]:
    with db.reading() as session:
        connection = connections.find(session, account.id)
        return in_force.settings(session, account, connection)


def default() -> Account:
    with db.reading() as session:
        return accounts.find(session)


def test_a_server_is_told_with_how_it_is_reached(house: Config) -> None:
    assert found(add(RELAY)) == {
        "authentication": "basic",
        "transport": "smtp",
        "host": "smtp.example.com",
        "port": "465",
        "username": "relay",
        "encryption": "tls",
        "sender": REPORTS,
    }


def test_of_a_server_with_tokens_the_application_is_told(house: Config) -> None:
    grants.register()

    told = found(add(OFFICE))

    assert told.items() >= APPLICATION.items()
    assert (told["authentication"], told["permission"]) == ("oauth", "application")


def test_of_a_consent_it_is_told_who_gave_it_and_what_for(house: Config) -> None:
    grants.register()
    connection = grants.keep()
    grants.send_as("noreply@contoso.example")

    told = found(default())

    assert told.items() >= APPLICATION.items()
    assert told["host"] == "graph.microsoft.com"
    assert told["scopes"] == "Mail.Send"
    assert told["connected_as"] == REPORTS
    assert told["connected_at"] == f"{connection.connected_at:{in_force.MOMENT}}"
    assert told["sender"] == "noreply@contoso.example"


def test_by_application_nobody_is_connected(house: Config) -> None:
    grants.register()
    with db.session() as session:
        account = accounts.add(session, "app", [REPORTS], large=False, by="bea")

    told = found(account)

    assert told.items() >= APPLICATION.items()
    assert "connected_as" not in told


def test_a_server_that_was_taken_away_is_told_as_far_as_it_is_known(
    house: Config,
) -> None:
    account = add(RELAY)
    with db.session() as session:
        servers.forget(session, account.id)

    assert found(account).items() >= {"transport": "smtp", "sender": REPORTS}.items()


def test_a_connector_is_named_without_its_credential(house: Config) -> None:
    with db.session() as session:
        address = f"http://bea:{SECRET}@proxy.example.com:3128"
        connectors.add(session, "branch", address)

    told = found(add(replace(RELAY, use_connector=True)))

    assert told["proxy"] == "branch (http://proxy.example.com:3128)"


def test_a_proxy_of_the_environment_too(house: Config) -> None:
    proxy = f"http://bea:{SECRET}@proxy.example.com:3128"
    config.use(replace(house, proxy=proxy))

    assert found(default())["proxy"] == "http://proxy.example.com:3128"


def test_what_cannot_be_read_as_a_proxy_is_not_told(house: Config) -> None:
    config.use(replace(house, proxy=SECRET))

    assert found(default())["proxy"] == "a proxy"


def test_no_secret_is_kept(house: Config) -> None:
    grants.register(secret=SECRET)
    grants.keep()
    with db.session() as session:
        for account in (accounts.find(session), add_here(session)):
            in_force.take(session, account.id)

    with db.reading() as session:
        kept = [row.settings for row in session.query(snapshots.SnapshotRow)]
    assert len(kept) == stored.rows("snapshot") == 2
    assert not any(word in str(kept) for word in (SECRET, "geheim"))


def add_here(session: db.Session) -> Account:
    return accounts.add_smtp(session, "relay", [REPORTS], OFFICE, by="bea")
