"""An application in another's place: proven first; what hung on the old one ends."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from portal import config, db
from portal.config import Config
from portal.errors import IssuerError
from portal.issuer.refusals import CredentialRefused, LoginRefused, Unreachable
from portal.mail import journal, lanes
from portal.mail.journal import Event
from portal.mail.lanes import Hold
from portal.microsoft import issuer
from portal.microsoft.login import Registration
from portal.sandbox.seeds import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from portal.workspace import accounts, connections, registration
from portal.workspace.connections import Connection, Consent
from tests import stored
from tests.sandbox.serving import Sandbox
from tests.workspace import grants

OTHER = "fab21ca0-5a1d-4b0c-9c0d-000000000002"
ROUNDS = 20
SAME = {"tenant": grants.WHO.tid, "client_id": "an-app", "secret": "geheim~client"}


@pytest.fixture
def connected(either_house: Config) -> Config:
    """Open a house with an application, and an account that sends by it."""
    grants.register()
    kept = grants.keep()
    with db.session() as session:
        account = accounts.find(session)
        lanes.route(session, account.id, kept.lane_key, 4)
    return either_house


def register(**changed: Any) -> None:
    with db.session() as session:
        chosen = registration.application(certificate=None, **(SAME | changed))
        registration.register(session, chosen, admin=None, replace=True)


def now() -> tuple[Connection | None, Hold | None]:
    """Return the default account's connection, and what holds its mail."""
    with db.reading() as session:
        account = accounts.find(session)
        return (
            connections.find(session, account.id),
            lanes.holding(session, account.id),
        )


@pytest.mark.parametrize("changed", [{"tenant": OTHER}, {"client_id": "another"}])
def test_another_application_ends_the_connection_and_says_so(
    connected: Config, changed: dict[str, str]
) -> None:
    register(**changed)

    connection, hold = now()
    assert connection is None
    assert hold
    assert hold.since
    assert "was replaced" in hold.reason
    with db.reading() as session:
        _, line = journal.latest(session, 1)[0]
    assert (line.event, line.reason) == (Event.ACCOUNT_HELD, hold.reason)


def test_another_microsoft_ends_the_connection(connected: Config) -> None:
    config.use(replace(connected, login_url="https://login.elsewhere.example"))

    register()

    connection, hold = now()
    assert connection is None
    assert hold
    assert "was replaced" in hold.reason


def test_a_new_credential_keeps_the_connection(connected: Config) -> None:
    before, _ = now()

    register(secret="geheim~new")
    register(tenant=f" {grants.WHO.tid.upper()} ")

    assert now() == (before, None)
    assert stored.rows("journal") == 0


def test_nothing_is_said_where_nothing_was_connected(either_house: Config) -> None:
    register()
    register(client_id="another")

    assert now() == (None, lanes.NO_CONNECTION)
    assert stored.rows("journal") == 0


def test_a_consent_at_the_same_time_waits_for_its_turn(connected: Config) -> None:
    ready = threading.Barrier(2, timeout=30)
    given = Consent(
        issuer=issuer.of(registration.application(certificate=None, **SAME)),
        grant=grants.grant(),
        identity=grants.WHO,
        by="operator",
    )

    def replace_it() -> None:
        for number in range(ROUNDS):
            ready.wait()
            register(client_id=f"app {number}")

    def consent() -> None:
        for _ in range(ROUNDS):
            ready.wait()
            with db.session() as session:
                account = accounts.lock(session, accounts.find(session).id)
                connections.keep(session, account.id, given)
                lanes.route(session, account.id, "a lane", 4)

    with ThreadPoolExecutor(2) as pool:
        for ended in [pool.submit(replace_it), pool.submit(consent)]:
            ended.result(60)


def at(url: str, **changed: str) -> Registration:
    config.use(replace(config.current(), login_url=url))
    ids = {"tenant": TENANT_ID, "client_id": CLIENT_ID, "secret": CLIENT_SECRET}
    return registration.application(certificate=None, **(ids | changed))


def test_a_proof_finds_the_guid_and_keeps_nothing(
    house: Config, sandbox: Sandbox
) -> None:
    proven = registration.prove(at(sandbox.url, tenant="contoso.example"))

    assert proven == at(sandbox.url)
    assert stored.rows("registration") == 0


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"secret": "not~it"}, CredentialRefused),
        ({"client_id": OTHER}, LoginRefused),
        ({"tenant": "nowhere.example"}, LoginRefused),
        ({"tenant": "common"}, LoginRefused),
    ],
)
def test_what_microsoft_refuses_is_not_proven(
    house: Config,
    sandbox: Sandbox,
    changed: dict[str, str],
    refusal: type[IssuerError],
) -> None:
    with pytest.raises(refusal) as refused:
        registration.prove(at(sandbox.url, **changed))

    assert not isinstance(refused.value, Unreachable)


def test_an_unreachable_microsoft_proves_nothing(house: Config) -> None:
    with pytest.raises(Unreachable):
        registration.prove(at("http://127.0.0.1:1"))
