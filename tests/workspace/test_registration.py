"""The organization's application: from the environment or registered, never mixed."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from portal import config, db
from portal.config import Config
from portal.errors import NotAllowed
from portal.microsoft.login import Registration
from portal.workspace import registration

GUID = "c0270500-5a1d-4b0c-9c0d-000000000001"
SECRET = "geheim~registered"
PEM = "-----BEGIN PRIVATE KEY-----\ngeheim\n-----END PRIVATE KEY-----"


def register(
    secret: str | None = SECRET,
    certificate: str | None = None,
    admin: str | None = None,
    force: bool = False,
    client_id: str = "an-app",
) -> None:
    with db.session() as session:
        chosen = registration.application(
            tenant=GUID, client_id=client_id, secret=secret, certificate=certificate
        )
        registration.register(session, chosen, admin=admin, replace=force)


def current() -> Registration | None:
    with db.reading() as session:
        return registration.current(session)


def in_force() -> Registration:
    chosen = current()
    assert chosen is not None
    return chosen


def admin() -> str | None:
    with db.reading() as session:
        return registration.first_admin(session)


def name_in_environment(settings: Config, **more: str) -> None:
    chosen = replace(settings, tenant_id="t", client_id="c", **more)  # type: ignore[arg-type]
    config.use(chosen)


def test_a_new_house_knows_no_application(either_house: Config) -> None:
    assert current() is None


@pytest.mark.parametrize(("secret", "certificate"), [(SECRET, None), (None, PEM)])
def test_what_was_registered_comes_back(
    either_house: Config, secret: str | None, certificate: str | None
) -> None:
    register(secret, certificate)

    chosen = in_force()
    assert (chosen.tenant, chosen.client_id) == (GUID, "an-app")
    assert (chosen.secret, chosen.certificate) == (secret, certificate)
    assert chosen.redirect_uri == either_house.redirect_uri
    assert chosen.login_url == either_house.login_url


def test_a_credential_is_kept_sealed(house: Config) -> None:
    register(SECRET)
    register(None, PEM, force=True)
    register(SECRET, force=True)
    db.disconnect()

    for path in house.instance.iterdir():
        assert b"geheim" not in path.read_bytes()


def test_a_secret_in_the_place_of_a_certificate_does_not_open(house: Config) -> None:
    register(SECRET)
    with db.session() as session:
        session.execute(text("UPDATE credential SET kind = 'client certificate'"))

    with pytest.raises(Exception, match="Can't decrypt"):
        current()


def test_an_application_is_not_replaced_by_accident(either_house: Config) -> None:
    register("first")

    with pytest.raises(NotAllowed, match="--force"):
        register("second", client_id="another-app")

    assert in_force().secret == "first"


def test_a_replacement_replaces_the_credential_as_a_whole(
    either_house: Config,
) -> None:
    register(SECRET)

    register(None, PEM, force=True)

    assert (in_force().secret, in_force().certificate) == (None, PEM)


def test_the_first_admin_stays_when_nobody_names_another(house: Config) -> None:
    register(admin="ann@contoso.example")
    register(force=True)
    assert admin() == "ann@contoso.example"

    register(admin="bea@contoso.example", force=True)
    assert admin() == "bea@contoso.example"


def test_the_environment_wins_as_a_whole(house: Config) -> None:
    register(SECRET)
    name_in_environment(house, client_certificate=PEM)

    chosen = in_force()

    assert (chosen.tenant, chosen.client_id) == ("t", "c")
    assert (chosen.secret, chosen.certificate) == (None, PEM)
    assert registration.from_environment()


def test_what_the_environment_names_cannot_be_registered(house: Config) -> None:
    name_in_environment(house, client_secret="other")

    with pytest.raises(NotAllowed, match="environment"):
        register(force=True)

    config.use(house)
    assert current() is None


def test_what_was_registered_is_back_when_the_environment_names_nothing(
    house: Config,
) -> None:
    register(SECRET)
    name_in_environment(house, client_secret="other")
    config.use(house)

    assert in_force().secret == SECRET


def test_no_secret_shows_in_a_repr(house: Config) -> None:
    register(SECRET)

    assert "geheim" not in repr(in_force())


@pytest.mark.parametrize(
    ("named", "guid"),
    [
        (GUID, True),
        (GUID.upper(), True),
        ("contoso.example", False),
        (GUID.replace("-", ""), False),
        (f"{{{GUID}}}", False),
        (f"urn:uuid:{GUID}", False),
        (f"{GUID}/../common", False),
        ("", False),
    ],
)
def test_a_guid_is_told_from_a_domain(named: str, guid: bool) -> None:
    assert registration.is_guid(named) is guid


def test_ids_and_secret_are_taken_as_they_are_pasted(house: Config) -> None:
    chosen = registration.application(
        tenant=f" {GUID.upper()}\n",
        client_id=f"\t{GUID.upper()} ",
        secret=f" {SECRET}\r\n",
        certificate=None,
    )

    assert (chosen.tenant, chosen.client_id, chosen.secret) == (GUID, GUID, SECRET)


@pytest.mark.parametrize("pasted", [GUID, GUID.upper(), f" {GUID}\n"])
def test_the_secret_id_is_not_the_secret(pasted: str) -> None:
    with pytest.raises(NotAllowed, match="Secret ID"):
        registration.check_secret(pasted)


@pytest.mark.parametrize("pasted", [SECRET, "", GUID.replace("-", "~")])
def test_a_value_is_taken_for_a_secret(pasted: str) -> None:
    registration.check_secret(pasted)
