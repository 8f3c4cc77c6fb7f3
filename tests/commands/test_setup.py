"""`portal register` and `portal connect`, against the sandbox."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from portal import config, db
from portal.config import Config
from portal.microsoft.login import Registration
from portal.sandbox.seeds import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from portal.workspace import registration
from portal.workspace.consent.trips import ConsentFailed
from tests import stored, trip
from tests.microsoft.certificates import self_signed
from tests.sandbox import serving
from tests.sandbox.serving import Sandbox
from tests.terminal import Ran, portal

IDS = ("--tenant", TENANT_ID, "--client-id", CLIENT_ID)
ANNOUNCED = "Please visit the following URL to authenticate account\n"
OTHER = "11111111-2222-3333-4444-555555555555"
SPAWN = (
    "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
)


@pytest.fixture
def near(house: Config, sandbox: Sandbox) -> Config:
    """Open a house from which the sandbox can be reached."""
    chosen = replace(house, login_url=sandbox.url, graph_url=sandbox.url)
    config.use(chosen)
    return chosen


def kept() -> Registration | None:
    with db.reading() as session:
        return registration.current(session)


def wrong(ran: Ran, code: int) -> str:
    """Return the one line that says why nothing was kept."""
    assert (ran.code, ran.out, ran.err.count("\n")) == (code, "", 1)
    assert stored.rows("registration", "audit") == 0
    return ran.err


def test_a_proven_application_is_kept(near: Config) -> None:
    ran = portal("register", *IDS, "--secret", CLIENT_SECRET, "--admin", "a@b.example")

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

    assert "not~it" not in wrong(ran, 1)


def test_an_unknown_tenant_is_not_kept(near: Config) -> None:
    ids = ("--tenant", "nowhere.example", "--client-id", CLIENT_ID)

    wrong(portal("register", *ids, "--secret", CLIENT_SECRET), 1)


def test_an_unreachable_microsoft_is_warned_of(house: Config) -> None:
    config.use(replace(house, login_url="http://127.0.0.1:1"))

    ran = portal("register", *IDS, "--secret", CLIENT_SECRET)

    assert ran.code == 0
    assert ran.err.startswith("Kept without a proof: ")
    assert ran.err.count("\n") == 1
    assert kept()


def test_a_domain_cannot_be_looked_up_without_microsoft(house: Config) -> None:
    config.use(replace(house, login_url="http://127.0.0.1:1"))
    ids = ("--tenant", "contoso.example", "--client-id", CLIENT_ID)

    wrong(portal("register", *ids, "--secret", CLIENT_SECRET), 1)


def test_a_second_application_is_kept_by_force_only(near: Config) -> None:
    trip.register()

    ran = portal("register", *IDS)
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
        ran = portal("register", *IDS, "--certificate", str(pem))

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
    ],
)
def test_wrong_use_is_told_before_microsoft_is_asked(
    house: Config, options: tuple[str, ...]
) -> None:
    ran = portal("register", *options)

    assert ran.code == 2
    assert "Error: " in ran.err
    assert stored.rows("registration") == 0


def test_a_secret_that_is_typed_is_not_shown(near: Config) -> None:
    with typing(near, "register", *IDS) as terminal:
        assert terminal.stdin
        assert terminal.stdout
        shown = b""
        while b"Client Secret Value: " not in shown:
            shown += terminal.stdout.read(1)
        terminal.stdin.write(f"{CLIENT_SECRET}\n".encode())
        terminal.stdin.flush()
        shown += terminal.stdout.read()

    assert f"Registered {CLIENT_ID}".encode() in shown
    assert CLIENT_SECRET.encode() not in shown


def test_the_link_stands_below_its_announcement(near: Config, sandbox: Sandbox) -> None:
    trip.register()

    with connecting(near) as waiting:
        link = announced(waiting)
        trip.arrive(sandbox.sign_in(None, trip.depart(link)))
        out, err = waiting.communicate(timeout=20)

    told = "Connected as admin@contoso.example; mail leaves as admin@contoso.example.\n"
    assert (waiting.returncode, out, err) == (0, told, "")


def test_trouble_on_the_way_is_told_and_the_link_lives_on(
    near: Config, sandbox: Sandbox
) -> None:
    trip.register()

    with connecting(near, "--from", "noreply@contoso.example") as waiting:
        link = announced(waiting)
        with pytest.raises(ConsentFailed):
            trip.arrive(sandbox.sign_in(None, trip.depart(link), answer="cancel"))
        assert waiting.stderr
        trouble, hint = waiting.stderr.readline(), waiting.stderr.readline()
        trip.arrive(sandbox.sign_in(None, trip.depart(link)))
        out, err = waiting.communicate(timeout=20)

    assert trouble.strip().endswith(".")
    assert "still serves" in hint
    assert (waiting.returncode, err) == (0, "")
    assert "mail leaves as noreply@contoso.example" in out


def test_a_newer_link_ends_an_older_one(near: Config) -> None:
    trip.register()

    with connecting(near) as waiting:
        announced(waiting)
        trip.invite()
        out, _err = waiting.communicate(timeout=20)

    assert waiting.returncode == 1
    assert "This link has ended" in out


def test_whoever_stops_waiting_hears_no_complaint(near: Config) -> None:
    trip.register()

    with connecting(near) as waiting:
        announced(waiting)
        waiting.send_signal(signal.SIGINT)
        out, err = waiting.communicate(timeout=20)

    assert (waiting.returncode, out, err.strip()) == (1, "", "Aborted!")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [([], 1), (["nowhere"], 2), (["--from", "nobody"], 2)],
)
def test_no_link_without_whom_it_is_for(
    near: Config, arguments: list[str], code: int
) -> None:
    if arguments:
        trip.register()

    ran = portal("connect", *arguments)

    assert (ran.code, ran.out) == (code, "")
    assert stored.rows("pending_change") == 0


@contextmanager
def connecting(house: Config, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Run `portal connect` in a process of its own."""
    command = [sys.executable, "-m", "portal", "connect", *options]
    environ = os.environ | {"PORTAL_INSTANCE": str(house.instance)}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, env=environ, stdout=pipe, stderr=pipe, text=True
    ) as waiting:
        yield waiting
        waiting.kill()


def announced(waiting: subprocess.Popen[str]) -> str:
    """Read what it prints first; return the link's secret."""
    assert waiting.stdout
    assert waiting.stdout.readline() == ANNOUNCED
    base, _, secret = waiting.stdout.readline().strip().rpartition("/")
    assert base == "http://localhost:5000/connect"
    return secret


@contextmanager
def typing(house: Config, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command at a terminal of its own."""
    environ = os.environ | {
        "PORTAL_INSTANCE": str(house.instance),
        "PORTAL_LOGIN_URL": house.login_url,
    }
    command = [sys.executable, "-c", SPAWN, sys.executable, "-m", "portal", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, env=environ, stdin=pipe, stdout=pipe, bufsize=0
    ) as terminal:
        yield terminal
        terminal.kill()
