"""`portal register`, against the sandbox."""

from dataclasses import replace
from pathlib import Path

import pytest

from portal import config, db
from portal.config import Config
from portal.sandbox.seeds import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from portal.workspace import registration
from tests import stored, trip
from tests.commands.registering import IDS, OTHER, kept, wrong
from tests.microsoft.certificates import self_signed
from tests.sandbox import serving
from tests.terminal import portal

ADMIN = ("--admin", "a@b.example")
DAY = "2031-03-01"


def in_use() -> list[tuple[str, str]]:
    """Return each secret and when it ends; the one in use comes first."""
    with db.reading() as session:
        found = registration.proofs(session)
    ends = (f"{each.ends_at:%Y-%m-%d %H:%M}" if each.ends_at else "" for each in found)
    return [*zip((each.plain for each in found), ends, strict=True)]


def test_a_proven_application_is_kept(near: Config) -> None:
    ran = portal("register", *IDS, *ADMIN, "--secret", CLIENT_SECRET)

    found = kept()
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        f"Registered {CLIENT_ID} in {TENANT_ID}.",
        "Redirect URI (type Web): http://localhost:5000/callback",
    ]
    assert found
    assert (found.tenant, found.secret) == (TENANT_ID, CLIENT_SECRET)
    assert stored.rows("registration", "audit") == 2


def test_the_first_admin_stays_when_the_secret_is_renewed(near: Config) -> None:
    given = ("register", *IDS, "--secret", CLIENT_SECRET)
    portal(*given, "--admin", "Ann@Contoso.Example")

    again = portal(*given, "--force")

    with db.reading() as session:
        row = session.get_one(registration.RegistrationRow, registration.ONLY)
    assert again.code == 0
    assert row.admin == "Ann@contoso.example"


def test_a_domain_stands_for_its_tenant(near: Config) -> None:
    ids = ("--tenant", "contoso.example", "--client-id", CLIENT_ID)

    portal("register", *ids, "--secret", CLIENT_SECRET)

    found = kept()
    assert found
    assert found.tenant == TENANT_ID


def test_a_secret_may_come_through_a_pipe(near: Config) -> None:
    ran = portal("register", *IDS, piped=f"{CLIENT_SECRET}\n".encode())

    found = kept()
    assert ran.code == 0
    assert found
    assert found.secret == CLIENT_SECRET


def test_a_wrong_secret_is_not_kept(near: Config) -> None:
    ran = portal("register", *IDS, "--secret", "not~it")

    told = wrong(ran, 1)
    assert "The other side said: 401 · AADSTS7000215 · AADSTS7000215: Invalid" in told
    assert "not~it" not in told


def test_an_unknown_tenant_is_not_kept(near: Config) -> None:
    ids = ("--tenant", "nowhere.example", "--client-id", CLIENT_ID)

    wrong(portal("register", *ids, "--secret", CLIENT_SECRET), 1)


def test_an_unreachable_microsoft_is_warned_of(house: Config) -> None:
    config.use(replace(house, login_url="http://127.0.0.1:1"))

    ran = portal("register", *IDS, *ADMIN, "--secret", CLIENT_SECRET)

    assert ran.code == 0
    assert ran.err.startswith("Kept without a proof: ")
    assert ran.err.count("\n") == 1
    assert kept()


def test_a_domain_cannot_be_looked_up_without_microsoft(house: Config) -> None:
    config.use(replace(house, login_url="http://127.0.0.1:1"))
    ids = ("--tenant", "contoso.example", "--client-id", CLIENT_ID)

    wrong(portal("register", *ids, "--secret", CLIENT_SECRET), 1)


def test_the_next_secret_of_the_same_application_takes_no_more_than_itself(
    near: Config,
) -> None:
    trip.register(secret="the-former~one")

    ran = portal("register", "--secret", CLIENT_SECRET, "--secret-expires", DAY)

    assert (ran.code, "The former client secret serves" in ran.err) == (0, True)
    assert in_use() == [(CLIENT_SECRET, f"{DAY} 00:00"), ("the-former~one", "")]


@pytest.mark.parametrize("reachable", [True, False])
def test_a_secret_that_is_not_proven_changes_nothing(
    near: Config, reachable: bool
) -> None:
    trip.register()
    if not reachable:
        config.use(replace(near, login_url="http://127.0.0.1:1"))

    ran = portal("register", "--secret", "not~it")

    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1 + reachable)
    assert in_use() == [(CLIENT_SECRET, "")]


def test_credentials_are_listed_dated_and_removed(near: Config) -> None:
    trip.register(secret="the-former~one")
    portal("register", "--secret", CLIENT_SECRET)

    dated, removed = portal("credentials", "date", DAY), portal("credentials", "remove")

    listed = portal("credentials", "list").out.splitlines()
    assert (dated.code, removed.code, portal("credentials", "remove").code) == (0, 0, 2)
    assert [line.split()[-2:] for line in listed] == [["ends", DAY]]


def test_a_second_application_is_kept_by_force_only(near: Config) -> None:
    trip.register()

    ran = portal("register", "--tenant", TENANT_ID, "--client-id", OTHER)
    forced = portal("register", *IDS, "--secret", CLIENT_SECRET, "--force")

    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert "--force" in ran.err
    assert forced.code == 0


def test_the_environment_has_the_last_word(near: Config) -> None:
    named = replace(near, tenant_id=TENANT_ID, client_id=OTHER, client_secret="x")
    config.use(named)

    ran = portal("register", *IDS, "--secret", CLIENT_SECRET, "--force")

    assert "PORTAL_CLIENT_ID" in wrong(ran, 2)


def test_a_certificate_does_instead_of_a_secret(house: Config, tmp_path: Path) -> None:
    identity = self_signed()
    pem = tmp_path / "both.pem"
    pem.write_bytes(identity.certificate + identity.key)

    with serving.serve(certificate=identity.certificate) as sandbox:
        config.use(replace(house, login_url=sandbox.url))
        ran = portal("register", *IDS, *ADMIN, "--certificate", str(pem))

    found = kept()
    assert (ran.code, ran.err) == (0, "")
    assert found
    assert found.certificate == pem.read_text()


@pytest.mark.parametrize("content", [b"", b"\x30\x82\xff\x00", b"-----BEGIN RSA"])
def test_what_is_no_certificate_is_not_kept(
    near: Config, tmp_path: Path, content: bytes
) -> None:
    pem = tmp_path / "bad.pem"
    pem.write_bytes(content)

    ran = portal("register", *IDS, "--certificate", str(pem))

    assert "certificate" in wrong(ran, 1)


@pytest.mark.parametrize(
    "options",
    [
        (*IDS, "--secret", "x", "--certificate", __file__),
        ("--tenant", TENANT_ID, "--client-id", "my app", "--secret", "x"),
        (*IDS, "--secret", "x", "--admin", "Ann"),
        (*IDS, "--certificate", "/nowhere.pem"),
        (*IDS, "--certificate", __file__, "--secret-expires", DAY),
        (*IDS, "--secret", "x", "--secret-expires", "in two years"),
    ],
)
def test_wrong_use_is_told_before_microsoft_is_asked(
    house: Config, options: tuple[str, ...]
) -> None:
    ran = portal("register", *options)

    assert ran.code == 2
    assert "Error: " in ran.err
    assert stored.rows("registration") == 0


def test_a_replacement_says_what_it_ends(contoso: Config) -> None:
    with serving.serve() as elsewhere:
        config.use(replace(contoso, login_url=elsewhere.url))
        again = portal("register", *IDS, "--secret", CLIENT_SECRET, "--force")

    assert again.code == 0
    assert "connect it again" in again.err


def test_a_new_secret_ends_nothing(contoso: Config) -> None:
    given = ("register", *IDS, *ADMIN, "--secret", CLIENT_SECRET, "--force")

    again = portal(*given)

    assert (again.code, again.err) == (0, "")
