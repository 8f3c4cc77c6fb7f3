"""What ends by itself is known before it does, with who can see to it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from portal import clock, config, db
from portal.config import Config
from portal.explanations import Who
from portal.workspace import accounts, connections, expiry
from portal.workspace.expiry import Ending, Kind
from tests.conftest import Passing
from tests.mail import backlog
from tests.microsoft import certificates
from tests.workspace import grants

GUID = "c0270500-5a1d-4b0c-9c0d-000000000001"
NOON = datetime(2031, 3, 1, 12, tzinfo=UTC)


def warnings(now: datetime | None = None) -> list[Ending]:
    with db.reading() as session:
        return expiry.warnings(session, now)


def known() -> list[Ending]:
    with db.reading() as session:
        return expiry.known(session)


def use(**settings: object) -> None:
    config.use(replace(config.current(), **settings))  # type: ignore[arg-type]


def name_secret(expires: date | None) -> None:
    """Let the environment name an application with a secret."""
    use(tenant_id=GUID, client_id="an-app", client_secret="geheim")
    use(client_secret_expires=expires)


def pem(days: int, age: int = 365) -> str:
    own = certificates.self_signed(days, age)
    return (own.key + own.certificate).decode()


def test_a_new_house_has_nothing_that_ends(either_house: Config) -> None:
    assert known() == []


@pytest.mark.parametrize(
    ("left", "step"),
    [
        (timedelta(days=60, seconds=1), None),
        (timedelta(days=60), 60),
        (timedelta(days=31), 60),
        (timedelta(days=30), 30),
        (timedelta(days=14), 14),
        (timedelta(days=7), 7),
        (timedelta(days=2), 7),
        (timedelta(days=1), 1),
        (timedelta(seconds=1), 1),
        (timedelta(), 0),
        (timedelta(days=-40), 0),
    ],
)
def test_who_can_act_is_warned_step_by_step(
    house: Config, left: timedelta, step: int | None
) -> None:
    name_secret(date(2031, 3, 1))

    found = warnings(datetime(2031, 3, 1, tzinfo=UTC) - left)

    assert [each.step for each in found] == ([] if step is None else [step])


def test_a_secret_ends_with_the_first_hour_of_its_day(house: Config) -> None:
    name_secret(date(2031, 3, 2))

    [soon], [over] = warnings(NOON), warnings(NOON + timedelta(hours=12))

    assert (soon.kind, soon.subject, soon.days) == (Kind.SECRET, "an-app", 1)
    assert soon.sentence == "The application's client secret ends on 2031-03-02."
    assert (soon.who, over.days) == (Who.OPERATOR, 0)
    assert over.sentence == "The application's client secret has ended on 2031-03-02."


def test_a_secret_of_which_no_day_is_known_is_told_but_warns_of_nothing(
    house: Config,
) -> None:
    name_secret(None)

    [found] = known()

    assert (found.ends_at, found.days, found.step) == (None, None, None)
    assert "PORTAL_CLIENT_SECRET_EXPIRES" in found.remedy
    assert warnings() == []


def test_a_certificate_of_the_environment_tells_its_day_by_itself(
    house: Config,
) -> None:
    use(tenant_id=GUID, client_id="an-app", client_certificate=pem(days=10))

    [found] = warnings()

    assert (found.kind, found.days, found.step) == (Kind.CERTIFICATE, 10, 14)
    assert (found.link, "environment" in found.remedy) == ("", True)


def test_the_certificate_of_the_smtp_door_is_read_from_its_file(
    house: Config, tmp_path: Path
) -> None:
    path = tmp_path / "door.pem"
    path.write_text(pem(days=5))
    use(smtp_certificate=str(path))

    [found] = warnings()
    path.write_text(pem(days=90))

    assert (found.kind, found.subject, found.step) == (Kind.DOOR, "127.0.0.1:2525", 7)
    assert warnings() == []


@pytest.mark.parametrize(
    ("life", "left", "step"),
    [
        (398, 60, 60),
        (100, 31, None),
        (100, 30, 30),
        (90, 60, None),
        (90, 30, None),
        (90, 14, 14),
        (45, 14, 14),
        (6, 2, None),
        (6, 1, 1),
        (6, 0, 0),
    ],
)
def test_a_certificate_that_renews_itself_is_told_of_once_that_failed(
    house: Config, life: int, left: int, step: int | None
) -> None:
    use(smtp_certificate=pem(days=left, age=life - left))

    [found] = known()

    assert (found.days, found.step) == (left, step)


def test_a_sign_in_that_is_renewed_ends_beyond_all_warnings(
    either_house: Config,
) -> None:
    grants.register()
    grants.keep()

    [found] = [each for each in known() if each.kind == Kind.SIGN_IN]

    assert found.days == 90
    assert warnings() == []


def test_a_sign_in_that_cannot_be_renewed_ends_after_90_days(
    either_house: Config, passes: Passing
) -> None:
    grants.register()
    connection = grants.keep()
    passes(days=76)

    [found] = warnings()

    assert (found.kind, found.step, found.who) == (Kind.SIGN_IN, 14, Who.WORKSPACE)
    assert (found.account_id, found.link) == (backlog.account(), "/settings")
    assert found.ends_at == connection.renewed_at + timedelta(days=90)
    assert connection.username in found.sentence


def test_it_leads_to_where_the_sign_in_of_its_account_is(
    house: Config, passes: Passing
) -> None:
    grants.register()
    with db.session() as session:
        other = accounts.add_delegated(session, "Billing", by="Ann").id
    grants.keep(account=other)
    passes(days=76)

    [found] = warnings()

    assert found.link == f"/accounts/{other}/settings"


def test_a_sign_in_that_microsoft_refused_ended_long_ago(
    house: Config, passes: Passing
) -> None:
    grants.register()
    connection = grants.keep()
    with db.session() as session:
        row = session.get_one(connections.ConnectionRow, connection.id)
        row.trouble = "The user is disabled."
    passes(days=80)

    assert warnings() == []


def test_the_sign_in_with_another_application_is_no_business_of_this_one(
    house: Config,
) -> None:
    grants.register()
    grants.keep()

    grants.redirect_to("https://login.elsewhere.example")

    assert [each.kind for each in known()] == [Kind.SECRET]


def test_the_soonest_comes_first_and_last_what_nobody_knows_of(
    house: Config, passes: Passing
) -> None:
    use(smtp_certificate=pem(days=30))
    grants.register()
    grants.keep()
    passes(days=70)

    kinds = [each.kind for each in known()]

    assert kinds == [Kind.DOOR, Kind.SIGN_IN, Kind.SECRET]
    assert known()[0].ends_at < clock.now()  # type: ignore[operator]
