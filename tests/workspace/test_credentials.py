"""Two credentials: the former one serves beside a new one, for as long as was said."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from portal import clock, config, db
from portal.config import Config
from portal.errors import NotFound
from portal.workspace import registration
from portal.workspace.registration import credentials
from portal.workspace.registration.credentials import (
    Kind,
    Slot,
)
from tests.conftest import Passing
from tests.microsoft import certificates
from tests.workspace import grants
from tests.workspace.credentials import (
    APP,
    MARCH,
    NEW,
    OLD,
    current,
    order,
    proofs,
    register,
)


def test_a_new_secret_of_the_same_application_leaves_the_former_for_a_week(
    either_house: Config, passes: Passing
) -> None:
    register(OLD)
    began = clock.now()
    passes(days=1)

    register(NEW)

    new, old = proofs()
    assert (new.slot, new.secret, new.since) == (Slot.IN_USE, NEW, clock.now())
    assert (old.slot, old.secret, old.since) == (Slot.FORMER, OLD, began)
    assert (new.until, old.until) == (None, clock.now() + timedelta(days=7))


def test_the_former_serves_until_it_is_removed(either_house: Config) -> None:
    register(OLD)
    register(NEW)

    with db.session() as session:
        credentials.remove_former(session)

    assert order() == [NEW]
    with db.session() as session, pytest.raises(NotFound, match="in use stays"):
        credentials.remove_former(session)


def test_of_three_the_oldest_goes(either_house: Config) -> None:
    register("geheim~older")
    register(OLD)

    register(NEW)

    assert order() == [NEW, OLD]


def test_when_its_time_is_over_the_former_serves_no_longer_and_is_erased(
    either_house: Config, passes: Passing
) -> None:
    register(OLD)
    register(NEW)
    passes(days=7)
    assert order() == [NEW]

    with db.session() as session:
        credentials.sweep(session, clock.now())

    with db.reading() as session:
        assert session.get(credentials.CredentialRow, Slot.FORMER) is None


def test_the_same_secret_again_brings_only_news_of_its_end(
    either_house: Config, passes: Passing
) -> None:
    register(NEW)
    began = clock.now()
    passes(days=1)

    register(NEW, MARCH)
    register(NEW)

    [only] = proofs()
    assert (only.since, only.ends_at) == (began, MARCH)


def test_another_application_leaves_no_former(either_house: Config) -> None:
    register(OLD)
    register("geheim~older")

    register(NEW, client_id="another-app")

    assert order() == [NEW]


def test_a_certificate_tells_its_end_and_a_secret_beside_it_serves(
    house: Config,
) -> None:
    own = certificates.self_signed(days=20)
    pem = (own.certificate + own.key).decode()
    register(OLD)
    chosen = registration.application(
        tenant=grants.WHO.tid, client_id=APP, secret=None, certificate=pem
    )

    with db.session() as session:
        registration.register(session, chosen, admin=None, replace=True)

    new, old = proofs()
    assert (new.kind, old.kind) == (Kind.CERTIFICATE, Kind.SECRET)
    assert new.ends_at is not None
    assert 19 < (new.ends_at - clock.now()).days + 1 <= 20
    assert current().certificate == pem


def test_a_day_can_be_said_later_of_a_secret(either_house: Config) -> None:
    register(NEW)

    with db.session() as session:
        credentials.date(session, MARCH)

    assert [each.ends_at for each in proofs()] == [MARCH]


def test_the_environment_has_one_and_no_other(house: Config) -> None:
    register(OLD)
    register(NEW)
    config.use(
        replace(
            house,
            tenant_id=grants.WHO.tid,
            client_id=APP,
            client_secret="geheim~there",
            client_secret_expires=date(2031, 3, 1),
        )
    )

    [only] = proofs()

    assert (only.secret, only.since, only.ends_at) == ("geheim~there", None, MARCH)
    assert order() == ["geheim~there"]


def test_no_secret_shows_in_a_repr(house: Config) -> None:
    register(OLD)
    register(NEW)

    assert "geheim" not in f"{proofs()} {current()}"
