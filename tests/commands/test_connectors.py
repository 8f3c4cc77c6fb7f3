"""Network Connectors at the command line, and an account that leaves through one."""

from portal import db
from portal.config import Config
from portal.workspace import accounts
from portal.workspace.accounts import connectors, servers
from tests import terminal

ADDRESS = b"http://ann:geheim@proxy.example.com:3128\n"

ADD = (
    *("accounts", "add", "relay", "--smtp", "127.0.0.1:2526", "--security", "none"),
    *("--from", "reports@contoso.example"),
)


def test_connectors_are_kept_and_their_credentials_never_shown(house: Config) -> None:
    added = terminal.portal("connectors", "add", "tunnel", piped=ADDRESS)
    listed = terminal.portal("connectors", "list")
    terminal.portal("connectors", "add", "other", piped=b"http://x.example\n")
    chosen = terminal.portal("connectors", "default", "other")
    removed = terminal.portal("connectors", "remove", "tunnel")

    assert added.out == "tunnel leads through http://proxy.example.com:3128.\n"
    assert listed.out == "tunnel  http://proxy.example.com:3128  default\n"
    assert chosen.out == "other is the default connector.\n"
    assert removed.out == "Removed tunnel.\n"
    assert "geheim" not in f"{added}{listed}"


def test_an_account_leaves_through_one(house: Config) -> None:
    terminal.portal("connectors", "add", "tunnel", piped=ADDRESS)
    added = terminal.portal(*ADD, "--connector", "tunnel")
    named = server().connector_id
    changed = terminal.portal("accounts", "set", "relay", "--connector", "default")
    default = server()
    taken = terminal.portal("accounts", "set", "relay", "--connector", "")
    given = terminal.portal("accounts", "set", "relay", "--connector", "tunnel")

    with db.reading() as session:
        assert named == connectors.find(session, "tunnel").id
    assert (default.use_connector, default.connector_id) == (True, None)
    assert added.out.endswith(" as reports@contoso.example, connector tunnel.\n")
    assert changed.out == "relay: connector default\n"
    assert taken.out == "relay: no connector\n"
    assert given.out == "relay: connector tunnel\n"


def server() -> servers.Server:
    with db.reading() as session:
        return servers.of(session, accounts.find(session, "relay").id)
