"""Two credentials: the former one serves beside a new one, for as long as was said."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs

import pytest

from portal import clock, config, db
from portal.config import Config
from portal.errors import NotFound
from portal.issuer.refusals import CredentialRefused
from portal.microsoft import login
from portal.microsoft.login import Registration
from portal.workspace import registration
from portal.workspace.registration import credentials
from portal.workspace.registration.credentials import (
    Credential,
    Kind,
    Slot,
)
from tests.conftest import Passing
from tests.microsoft import certificates
from tests.microsoft.scripted import Server
from tests.workspace import grants

APP = "an-app"
OLD, NEW = "geheim~old", "geheim~new"
MARCH = datetime(2031, 3, 1, tzinfo=UTC)
UNKNOWN = grants.refuse("invalid_client", 7000215, 401)
EXPIRED = grants.refuse("invalid_client", 7000222, 401)


def register(
    secret: str = NEW, ends_at: datetime | None = None, client_id: str = APP
) -> None:
    chosen = registration.application(
        tenant=grants.WHO.tid, client_id=client_id, secret=secret, certificate=None
    )
    with db.session() as session:
        registration.register(
            session, chosen, admin=None, replace=True, ends_at=ends_at
        )


def register_alone(secret: str, ends_at: datetime | None = None) -> None:
    register(secret, ends_at)
    with db.session() as session:
        credentials.remove_former(session)


def proofs() -> list[Credential]:
    with db.reading() as session:
        return registration.proofs(session)


def current() -> Registration:
    with db.reading() as session:
        chosen = registration.current(session)
    assert chosen is not None
    return chosen


def order() -> list[str | None]:
    """Name the secrets in the order in which Microsoft would be asked with them."""
    first = current()
    return [each.secret for each in (first, first.other) if each]


def shown(server: Server) -> list[str]:
    """Return the secrets that Microsoft was shown, in their order."""
    forms = [parse_qs(request.body.decode()) for request in server.requests]
    return [form["client_secret"][0] for form in forms]


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


def test_what_microsoft_does_not_know_yet_the_former_one_is_asked_for(
    server: Server, passes: Passing
) -> None:
    register(OLD)
    register(NEW)
    server.will(UNKNOWN, grants.issue("geheim~token"))

    granted = login.app_token(current())

    assert granted.access_token == "geheim~token"
    assert shown(server) == [NEW, OLD]


def test_for_an_hour_whatever_was_refused_is_asked_with_second(
    server: Server, passes: Passing
) -> None:
    register(OLD)
    register(NEW)
    server.will(UNKNOWN, grants.issue())
    login.app_token(current())

    assert order() == [OLD, NEW]
    passes(hours=1)
    assert order() == [NEW, OLD]


def test_what_was_removed_in_entra_the_new_one_is_asked_for(
    server: Server, passes: Passing
) -> None:
    register(OLD)
    register(NEW)
    server.will(UNKNOWN, grants.issue(), UNKNOWN, grants.issue())
    login.app_token(current())

    login.app_token(current())

    assert shown(server) == [NEW, OLD, OLD, NEW]


def test_two_that_are_refused_are_asked_with_once_each(server: Server) -> None:
    register(OLD)
    register(NEW)
    server.will(UNKNOWN, EXPIRED)

    with pytest.raises(CredentialRefused, match="secret has expired"):
        login.app_token(current())

    assert shown(server) == [NEW, OLD]


def test_what_is_no_fault_of_the_credential_is_not_asked_twice(
    server: Server,
) -> None:
    register(OLD)
    register(NEW)
    server.will(grants.refuse("invalid_grant", 50173))

    with pytest.raises(Exception, match="sign in again"):
        login.app_token(current())

    assert shown(server) == [NEW]


@pytest.mark.parametrize("said", [None, MARCH])
def test_a_secret_that_microsoft_says_has_expired_has_ended_by_now(
    server: Server, said: datetime | None
) -> None:
    register_alone(NEW, said)
    server.will(EXPIRED)

    with pytest.raises(CredentialRefused):
        login.app_token(current())

    [only] = proofs()
    assert only.ends_at is not None
    assert only.ends_at <= clock.now()


def test_a_day_that_is_over_already_stays_as_it_was_said(server: Server) -> None:
    past = clock.now() - timedelta(days=3)
    register_alone(NEW, past)
    server.will(EXPIRED)

    with pytest.raises(CredentialRefused):
        login.app_token(current())

    assert [each.ends_at for each in proofs()] == [past]


def test_a_refusal_of_what_was_replaced_meanwhile_is_no_news(
    server: Server, passes: Passing
) -> None:
    register_alone(OLD)
    seen = current()
    passes(minutes=1)
    register_alone(NEW)
    server.will(EXPIRED)

    with pytest.raises(CredentialRefused):
        login.app_token(seen)

    assert [(each.ends_at, each.refused_at) for each in proofs()] == [(None, None)]


def test_no_secret_shows_in_a_repr(house: Config) -> None:
    register(OLD)
    register(NEW)

    assert "geheim" not in f"{proofs()} {current()}"
