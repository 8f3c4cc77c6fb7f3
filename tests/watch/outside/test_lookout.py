"""The lookout finds out by itself, and tells even of what it cannot start with."""

import base64
import json
import threading
from dataclasses import replace

import pytest

from portal import config, db, vault
from portal.config import Config
from portal.errors import DatabaseAway, NoKey
from portal.watch.outside.lookout import Lookout
from portal.workspace import house as open_house
from tests import processes
from tests.conftest import Passing
from tests.journeys.running import eventually
from tests.microsoft.scripted import Server
from tests.watch.alerts.steps import bodies, states
from tests.watch.steps import NOBODY


def look(lookout: Lookout) -> None:
    lookout.look(threading.Event())


def open_up() -> None:
    """Start a process, as far as the house."""
    with Lookout(config.current()).opening():
        open_house.open_up(config.current())


def test_a_house_in_order_is_no_news(house: Config, hook: Server) -> None:
    look(Lookout(config.current()))

    assert hook.requests == []


def test_without_a_key_it_says_what_to_do(house: Config, hook: Server) -> None:
    vault.lock()

    look(Lookout(config.current()))

    [told] = bodies(hook)
    assert (told["kind"], told["explanation"]) == ("cannot-decrypt", "Can't decrypt")
    assert "on " in told["title"]
    assert told["subject"] in told["title"]
    assert told["who"] == "operator"
    assert "bring back the key" in told["steps"][0]


def test_a_database_that_is_away_and_comes_back(
    either_house: Config, hook: Server, passes: Passing
) -> None:
    lookout = Lookout(config.current())
    db.connect(NOBODY)
    for _ in range(3):
        look(lookout)
        passes(minutes=1)

    db.connect(either_house.database_url)
    look(lookout)

    opened, recovered = bodies(hook)
    assert (opened["kind"], recovered["state"]) == ("database-away", "recovered")


def test_who_cannot_reach_its_database_tells_before_it_ends(
    hook: Server, passes: Passing
) -> None:
    config.use(replace(config.current(), database_url=NOBODY))
    for _ in range(9):
        with pytest.raises(DatabaseAway):
            open_up()
        passes(seconds=15)

    assert states(hook) == ["opened"]


def test_who_cannot_read_its_key_tells_before_it_ends(
    house: Config, hook: Server
) -> None:
    vault.key_file(house.instance).chmod(0o644)

    with pytest.raises(NoKey):
        open_up()

    assert [each["kind"] for each in bodies(hook)] == ["cannot-decrypt"]


def test_what_it_cannot_write_down_hides_no_reason(
    settings: Config, caplog: pytest.LogCaptureFixture
) -> None:
    gone = replace(settings, alert_webhook="https://alerts.contoso.example/geheim")

    with pytest.raises(DatabaseAway), Lookout(gone).opening():
        raise DatabaseAway

    assert "Nobody was told." in caplog.text
    assert "geheim" not in caplog.text


def test_without_a_webhook_nothing_is_written(house: Config) -> None:
    vault.lock()

    look(Lookout(house))

    assert not (house.instance / "troubles").exists()


def test_a_worker_whose_key_does_not_fit_tells_it(house: Config, hook: Server) -> None:
    other = base64.b64encode(vault.new_data_key()).decode()
    environ = processes.environ(house.instance) | {
        "PORTAL_KEYS": other,
        "PORTAL_ALERT_WEBHOOK": f"{hook.url}/geheim",
        "PORTAL_ALERT_PRIVATE": "127.0.0.1/32",
    }

    with processes.started(environ, "worker") as running:
        eventually(lambda: hook.requests)

    assert json.loads(hook.requests[0].body)["kind"] == "cannot-decrypt"
    assert "geheim" not in running.said()


def test_keys_of_the_environment_that_cannot_be_read_are_told_of_once(
    hook: Server,
) -> None:
    instance = config.current().instance
    environ = processes.environ(instance) | {
        "PORTAL_KEYS_FILE": str(instance / "nowhere"),
        "PORTAL_ALERT_WEBHOOK": f"{hook.url}/geheim",
        "PORTAL_ALERT_PRIVATE": "127.0.0.1/32",
    }

    for part in ("smtp", "worker", "up"):
        with processes.started(environ, part) as running:
            assert running.process.wait(60) == 2

    assert [(each["kind"], each["state"]) for each in bodies(hook)] == [
        ("cannot-decrypt", "opened")
    ]
    fault = "portal: PORTAL_KEYS_FILE cannot be read (FileNotFoundError)."
    assert running.said().splitlines() == [fault]
