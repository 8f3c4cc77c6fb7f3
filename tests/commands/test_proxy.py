"""`portal register` as `email-oauth2-proxy register` is called, names and all."""

import re
import shlex
from pathlib import Path

import pytest

from portal import db
from portal.config import Config
from portal.config.clouds import CLOUDS
from portal.microsoft.login import Registration
from portal.sandbox.seeds import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from portal.workspace import registration
from tests import stored
from tests.sandbox.serving import Sandbox
from tests.terminal import Ran, portal

# From the customer's manual, with its blanks within the quotes.
MANUAL = r"""
 --imap-server-address=outlook.office365.com \
 --imap-server-port=993 \
 --smtp-server-address=smtp.office365.com \
 --smtp-server-port=587 \
 --smtp-server-starttls \
 --oauth2-token-url="https://login.microsoftonline.com/TENANT_ID/oauth2/v2.0/token " \
 --oauth2-permission-url="https://login.microsoftonline.com/TENANT_ID/oauth2/v2.0/authorize " \
 --oauth2-scope=" https://outlook.office365.com/IMAP.AccessAsUser.All https://outlook.office365.com/SMTP.Send offline_access " \
 --oauth2-flow="client_credentials" \
 --oauth2-client-id="CLIENT_ID" \
 --oauth2-client-secret="CLIENT_SECRET" \
 --force
"""  # noqa: E501 - as it stands there
LONG: dict[str, str] = {}
SHORT = {"--oauth2-": "--", "--smtp-server-": "--smtp-"}
LOGIN = "https://login.microsoftonline.com"
OWN = ("--oauth2-client-id", CLIENT_ID, "--oauth2-client-secret", CLIENT_SECRET)
TOKEN_URL = f"{LOGIN}/{TENANT_ID}/oauth2/v2.0/token"
OTHER = "11111111-2222-3333-4444-555555555555"


def kept() -> Registration:
    with db.reading() as session:
        found = registration.current(session)
    assert found
    return found


def refused(ran: Ran) -> str:
    assert (ran.code, ran.out) == (2, "")
    assert stored.rows("registration") == 0
    return ran.err


@pytest.mark.parametrize("names", [LONG, SHORT], ids=["as it stands", "shorter"])
def test_the_command_of_the_manual_works(near: Config, names: dict[str, str]) -> None:
    told = MANUAL.replace("\\\n", " ").replace("CLIENT_SECRET", CLIENT_SECRET)
    told = told.replace("TENANT_ID", TENANT_ID).replace("CLIENT_ID", CLIENT_ID)
    for name, shorter in names.items():
        told = told.replace(name, shorter)

    ran = portal("register", *shlex.split(told), "--admin", "a@b.example")

    assert ran.code == 0
    assert (kept().tenant, kept().secret) == (TENANT_ID, CLIENT_SECRET)
    assert ran.err.splitlines() == [
        "--imap-server-address: not needed to send.",
        "--imap-server-port: not needed to send.",
        "IMAP.AccessAsUser.All: not needed to send.",
        "Mail leaves through Microsoft Graph. To send through this server instead:"
        " portal accounts add NAME --smtp smtp.office365.com:587"
        " --from ADDRESS --username ADDRESS --oauth",
    ]
    assert "portal accounts add NAME --application --from ADDRESS" in ran.out


def test_the_manual_s_placeholders_are_no_organization(near: Config) -> None:
    ran = portal("register", *shlex.split(MANUAL.replace("\\\n", " ")))

    assert "TENANT_ID names no organization" in refused(ran)


@pytest.mark.parametrize(
    ("flow", "command"),
    [
        ("client_credentials", "portal accounts add NAME --application"),
        ("authorization_code", "Next: portal connect\n"),
        (" device ", "Next: portal connect --device\n"),
    ],
)
def test_the_flow_decides_what_comes_next(
    near: Config, flow: str, command: str
) -> None:
    ran = portal("register", *OWN, "--token-url", TOKEN_URL, "--flow", flow)

    assert ran.code == 0
    assert command in ran.out


@pytest.mark.parametrize(
    ("flow", "way"),
    [
        ("client_credentials", " --oauth"),
        ("authorization_code", " --consent"),
        ("device", " --consent"),
    ],
)
def test_the_flow_decides_how_an_account_of_that_server_signs_in(
    near: Config, flow: str, way: str
) -> None:
    server = ("--smtp-address", "smtp.office365.com", "--smtp-starttls")

    ran = portal("register", *OWN, "--token-url", TOKEN_URL, "--flow", flow, *server)

    assert f" --from ADDRESS --username ADDRESS{way}\n" in ran.err


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("--tenant", OTHER), "different tenants"),
        (("--permission-url", f"{LOGIN}/{OTHER}/oauth2/v2.0/authorize"), "different"),
        (("--permission-url", f"{LOGIN}/{TENANT_ID}/somewhere"), "must look like"),
        (
            ("--permission-url", f"{LOGIN}/{TENANT_ID}/oauth2/authorize?a=b"),
            "must look",
        ),
        (("--permission-url", f"https://x.example/{TENANT_ID}/"), "PORTAL_LOGIN_URL"),
        (("--oauth2-flow", "password"), "is not one of"),
        (("--smtp-server-port", "587"), "needs --smtp-server-address"),
        (("--smtp-server-address", "a.example", "--smtp-server-port", "0"), "range"),
    ],
)
def test_what_contradicts_is_refused(
    near: Config, more: tuple[str, ...], why: str
) -> None:
    ran = portal("register", *OWN, "--oauth2-token-url", TOKEN_URL, *more)

    assert why in refused(ran)


def test_another_cloud_is_named_by_its_setting(near: Config) -> None:
    url = f"{CLOUDS['china'].login_url}/{TENANT_ID}/oauth2/v2.0/token"

    ran = portal("register", *OWN, "--oauth2-token-url", url)

    assert "PORTAL_CLOUD=china" in refused(ran)


def test_the_address_of_a_stand_in_serves_as_well(
    near: Config, sandbox: Sandbox
) -> None:
    url = f"{sandbox.url}/contoso.example/oauth2/v2.0/token"

    ran = portal("register", *OWN, "--oauth2-token-url", url)

    assert ran.code == 0
    assert kept().tenant == TENANT_ID


@pytest.mark.parametrize("from_", ["file", "-"])
def test_a_secret_may_come_from_a_file(
    near: Config, tmp_path: Path, from_: str
) -> None:
    path = tmp_path / "secret"
    path.write_text(f" {CLIENT_SECRET} \n")
    source = str(path) if from_ == "file" else from_
    own = ("--client-id", CLIENT_ID, "--client-secret-file", source)

    ran = portal("register", *own, "--token-url", TOKEN_URL, piped=path.read_bytes())

    assert ran.code == 0
    assert kept().secret == CLIENT_SECRET


def test_two_secrets_exclude_each_other(near: Config) -> None:
    ran = portal("register", *OWN, "--client-secret-file", __file__)

    assert "--secret and --client-secret-file exclude each other" in refused(ran)


def test_help_names_each_option_that_is_used(near: Config) -> None:
    told = portal("register", "--help").out

    used = re.findall("--(?:oauth2|smtp)-[a-z0-9-]+", MANUAL)
    assert len(used) == 9
    assert [name for name in used if name not in told] == []


def test_help_says_who_sees_a_secret(near: Config) -> None:
    told = " ".join(portal("register", "--help").out.split())

    assert "everybody on this machine sees the command" in told
    assert "--client-secret-file hides it" in told
