"""What ends soon is one incident, told at each step, and over when it is renewed."""

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from portal import clock, config, db
from portal.config import Config
from portal.explanations import Who
from portal.watch.alerts.looking import Doorkeeper
from portal.workspace import registration
from tests import processes
from tests.conftest import Passing
from tests.journeys.running import eventually
from tests.microsoft import certificates
from tests.watch.alerts import steps
from tests.workspace import grants


def renew(secret: str, **lives: float) -> datetime:
    """Register the next secret, which ends after a time."""
    ends_at = clock.now() + timedelta(**lives)
    chosen = registration.application(
        tenant=grants.WHO.tid, client_id="an-app", secret=secret, certificate=None
    )
    with db.session() as session:
        registration.register(
            session, chosen, admin=None, replace=False, ends_at=ends_at
        )
    return ends_at


def test_a_secret_is_told_of_at_each_step_and_not_between(
    either_house: Config, passes: Passing
) -> None:
    steps.channel()
    renew("geheim~one", days=61)
    told = []

    for _ in range(62):
        steps.look()
        told.append(len(steps.told()))
        passes(days=1)

    days = [61 - day for day in range(62) if told[day] > told[max(day - 1, 0)]]
    assert days == [60, 30, 14, 7, 1, 0]
    assert len(steps.going_on() + steps.ended()) == 1
    assert steps.told() == ["opened"] + ["reminder"] * 5


def test_it_is_over_when_the_secret_is_renewed(
    either_house: Config, passes: Passing
) -> None:
    steps.channel()
    renew("geheim~one", days=10)
    steps.look()
    passes(minutes=1)

    renew("geheim~two", days=400)
    steps.look()

    assert steps.going_on() == []
    assert steps.told() == ["opened", "recovered"]


def test_it_says_when_what_follows_and_who_does_what_where(
    either_house: Config, passes: Passing
) -> None:
    ends_at = renew("geheim~one", days=10)

    steps.look()

    [incident] = steps.going_on()
    told = incident.condition
    assert f"client secret ends on {ends_at:%Y-%m-%d}." in told.title
    assert "mail by Microsoft 365 is held" in told.why
    assert "Certificates & secrets" in told.steps[0]
    assert (str(told.kind), told.link) == ("expiry", "/setup")
    assert told.who is Who.OPERATOR


def test_an_idle_sign_in_is_told_of_whose_it_is(
    either_house: Config, passes: Passing
) -> None:
    renew("geheim~one", days=1000)
    connection = grants.keep()
    passes(days=70)

    steps.look()

    [incident] = steps.going_on()
    assert connection.username in incident.condition.title
    assert str(connection.account_id) in incident.condition.subject
    assert incident.condition.link == "/settings"


def certificate(days: int) -> str:
    """Return a certificate that ends in so many days, with its key, as PEM."""
    own = certificates.self_signed(days=days)
    return (own.key + own.certificate).decode()


def show(house: Config, pem: str) -> None:
    """Let this machine's door show a certificate, or none."""
    config.use(replace(house, smtp_certificate=pem))


def doors() -> list[str]:
    """Return how the door's certificates are told of that end."""
    titles = [each.condition.title for each in steps.going_on()]
    return [each for each in titles if "SMTP door" in each]


def test_the_certificate_of_the_door_is_told_of(either_house: Config) -> None:
    show(either_house, certificate(days=5))
    steps.look_at_door()

    steps.look()

    assert len(doors()) == 1


def test_the_door_leaves_alone_what_others_see(either_house: Config) -> None:
    renew("geheim~one", days=10)
    steps.look()

    steps.look_at_door()

    assert steps.kinds() == ["expiry"]


def test_the_log_of_the_door_tells_it_at_each_step(
    house: Config, passes: Passing, caplog: pytest.LogCaptureFixture
) -> None:
    show(house, certificate(days=8))
    keeper, told = Doorkeeper(), []

    for _ in range(9):
        keeper.look(threading.Event())
        told.append(len(caplog.messages))
        passes(days=1)

    assert told == [1, 2, 2, 2, 2, 2, 2, 3, 4]
    assert "The certificate of the SMTP door has ended on" in caplog.messages[-1]
    assert "PORTAL_SMTP_CERTIFICATE" in caplog.messages[-1]


def test_a_door_without_a_worker_has_its_incident(
    house: Config, tmp_path: Path
) -> None:
    own = certificates.self_signed(days=5)
    path = tmp_path / "door.pem"
    path.write_bytes(own.key + own.certificate)
    environ = processes.environ(house.instance) | {"PORTAL_SMTP_CERTIFICATE": str(path)}

    with processes.started(environ, "smtp") as running:
        eventually(doors)

    assert "The certificate of the SMTP door ends on" in running.said()


def test_machines_that_show_the_same_certificate_tell_of_it_once(
    postgres_house: Config, passes: Passing
) -> None:
    steps.channel()

    shared = certificate(days=5)

    for _ in range(6):
        show(postgres_house, shared)
        steps.look_at_door()
        show(postgres_house, "")
        steps.look_at_door()
        passes(minutes=15)

    assert (len(doors()), steps.told()) == (1, ["opened"])


def test_machines_that_show_several_certificates_tell_of_each(
    postgres_house: Config, passes: Passing
) -> None:
    steps.channel()

    for shown in (certificate(days=5), certificate(days=6)) * 4:
        show(postgres_house, shown)
        steps.look_at_door()
        passes(minutes=15)

    assert (len(doors()), steps.told()) == (2, ["opened", "opened"])


def test_a_new_certificate_ends_it_once_no_machine_shows_the_former(
    either_house: Config, passes: Passing
) -> None:
    steps.channel()
    show(either_house, certificate(days=5))
    steps.look_at_door()
    show(either_house, certificate(days=700))

    steps.look_at_door()
    assert len(doors()) == (0 if db.local() else 1)

    passes(hours=1)
    steps.look()
    assert (doors(), steps.told()) == ([], ["opened", "recovered"])
