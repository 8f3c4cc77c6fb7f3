"""What load balancers ask: alive, and able to accept."""

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from portal import config, db, vault
from portal.app import create_app
from portal.config import Config


@pytest.fixture
def prober(house: Config) -> FlaskClient:
    """Ask as a load balancer does, by whatever name."""
    client = create_app(house).test_client()
    client.environ_base["HTTP_HOST"] = "10.0.0.7:8080"
    return client


def test_a_house_that_is_open_is_alive_and_ready(prober: FlaskClient) -> None:
    alive, ready = prober.get("/healthz"), prober.get("/readyz")

    assert (alive.status_code, alive.get_json()) == (200, {"status": "alive"})
    assert (ready.status_code, ready.get_json()) == (200, {"status": "ready"})
    assert ready.headers["Cache-Control"] == "no-store"


def test_it_is_ready_though_nobody_is_connected(prober: FlaskClient) -> None:
    # Accepting is what counts: mail waits for its consent.
    assert prober.head("/readyz").status_code == 200


def test_without_the_key_it_is_alive_but_not_ready(prober: FlaskClient) -> None:
    vault.lock()

    ready = prober.get("/readyz")

    assert prober.get("/healthz").status_code == 200
    assert (ready.status_code, ready.get_json()) == (503, {"status": "cannot decrypt"})


def test_without_its_database_it_is_alive_but_not_ready(
    prober: FlaskClient, house: Config
) -> None:
    nowhere = "postgresql+psycopg://ben:secret@127.0.0.1:1/mail"
    config.use(replace(house, database_url=nowhere))
    db.connect(nowhere)

    ready = prober.get("/readyz")

    assert prober.get("/healthz").status_code == 200
    assert (ready.status_code, ready.get_json()) == (503, {"status": "no database"})


def test_without_room_it_is_alive_but_not_ready(
    prober: FlaskClient, house: Config
) -> None:
    config.use(replace(house, max_message=10**18))

    ready = prober.get("/readyz")

    assert prober.get("/healthz").status_code == 200
    assert (ready.status_code, ready.get_json()) == (503, {"status": "no room"})
