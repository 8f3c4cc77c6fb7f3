"""The environment is read once, judged as a whole, and never quoted in full."""

from dataclasses import replace
from datetime import date
from ipaddress import ip_network
from pathlib import Path

import pytest
from sqlalchemy import make_url

from portal import config
from portal.config import Bind, Config
from portal.errors import ConfigError, NoKey
from tests.environment import KEYS, KNOWN, wrong


def test_nothing_set_is_a_portal_on_this_machine() -> None:
    chosen = config.read({})

    assert chosen.base_url == "http://localhost:5000"
    assert chosen.redirect_uri == "http://localhost:5000/callback"
    assert chosen.login_url == "https://login.microsoftonline.com"
    assert chosen.graph_url == "https://graph.microsoft.com"
    assert chosen.scope_prefix == "https://graph.microsoft.com/"
    assert chosen.instance == config.CHECKOUT / "instance"
    assert chosen.database_url == f"sqlite:///{config.CHECKOUT}/instance/portal.db"
    assert (chosen.requests_in_flight, chosen.max_message) == (4, 200_000_000)
    assert (chosen.messages_per_minute, chosen.recipients_per_day) == (0, 10_000)
    assert (chosen.content_days, chosen.records_days) == (None, None)


def test_an_installed_package_is_told_where_the_portal_is(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="PORTAL_INSTANCE is not set"):
        config.read({}, checkout=tmp_path)

    named = config.read({"PORTAL_INSTANCE": "/srv/mail"}, checkout=tmp_path)
    assert named.instance == Path("/srv/mail")


def test_every_documented_name_is_known_and_read() -> None:
    chosen = config.read(KNOWN)

    assert chosen == Config(
        database_url="postgresql+psycopg://portal:geheim@db.example/mail",
        base_url="https://mail.contoso.example",
        instance=Path("/srv/mail"),
        keys=KEYS,
        login_url="http://127.0.0.1:5050",
        graph_url="http://[::1]:5050",
        google_url="http://localhost:5051/google",
        scope_prefix="https://graph.microsoft.us/",
        entra_url="https://portal.azure.us",
        exchange_domains=("office365.us", "microsoft.us"),
        exchange_url="https://outlook.office365.us",
        submission_prefixes=("https://outlook.office365.us/",),
        tenant_id="contoso.example",
        client_id="an-application",
        client_secret="geheim",
        client_secret_expires=date(2031, 12, 31),
        alert_webhook="https://alerts.contoso.example/hook?sig=geheim",
        alert_private=(ip_network("10.1.0.0/16"), ip_network("fd00::/8")),
        client_certificate="",
        certificate_algorithm="RS256",
        admins=("ann@contoso.example", "bea@contoso.example"),
        ca_bundle=Path(KNOWN["PORTAL_CA_BUNDLE"]),
        proxy="http://user:geheim@proxy.example:3128",
        web_bind=Bind("::", 80),
        smtp_bind=Bind("0.0.0.0", 25),
        smtps_bind=Bind("0.0.0.0", 465),
        smtp_certificate=KNOWN["PORTAL_SMTP_CERTIFICATE"],
        sandbox_bind=Bind("localhost", 5051),
        sandbox_gmail_bind=Bind("127.0.0.1", 5988),
        sandbox_smtp_bind=Bind("127.0.0.1", 5588),
        workers=2,
        max_message=150_000_000,
        requests_in_flight=2,
        messages_per_minute=30,
        recipients_per_day=0,
        content_days=1,
        records_days=8,
        log_format="json",
        metrics_token="geheim",
    )


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    told = wrong(
        BASE_URL="mail.example",
        LOGIN_URL="ftp://x",
        GRAPH_URL="http://graph.example",
        CLOUD="mars",
        CLIENT_ID="half an application",
        CLIENT_SECRET_EXPIRES="soon",
        CERTIFICATE_ALGORITHM="none",
        CA_BUNDLE=str(tmp_path / "nowhere"),
        WEB_BIND="5000",
        WORKERS="0",
        MAX_MESSAGE="lots",
        MESSAGES_PER_MINUTE="-1",
        LOG_FORMAT="xml",
        KEYS="geheim",
        DATABASE_URL="mysql://user:geheim@host/name",
        PROXY="proxy.example:3128",
        ADMINS="ann@contoso.example, ann",
        SMTP_CERTIFICATE="-----BEGIN geheim",
        CLIENT_CERTIFICATE="geheim",
        DATABSE_URL="sqlite:///",
    )

    names = [line.split()[0].rstrip(",") for line in told.splitlines()]
    assert sorted(names) == [
        "PORTAL_ADMINS",
        "PORTAL_BASE_URL",
        "PORTAL_CA_BUNDLE",
        "PORTAL_CERTIFICATE_ALGORITHM",
        "PORTAL_CLIENT_CERTIFICATE",
        "PORTAL_CLIENT_SECRET_EXPIRES",
        "PORTAL_CLOUD",
        "PORTAL_DATABASE_URL",
        "PORTAL_DATABSE_URL",
        "PORTAL_GRAPH_URL",
        "PORTAL_KEYS",
        "PORTAL_LOGIN_URL",
        "PORTAL_LOG_FORMAT",
        "PORTAL_MAX_MESSAGE",
        "PORTAL_MESSAGES_PER_MINUTE",
        "PORTAL_PROXY",
        "PORTAL_SMTP_CERTIFICATE",
        "PORTAL_TENANT_ID",
        "PORTAL_WEB_BIND",
        "PORTAL_WORKERS",
    ]
    assert "geheim" not in told


def test_a_network_that_is_none_is_named() -> None:
    told = wrong(ALERT_PRIVATE="10.0.0.0/8, intranet, 10.1.2.3/8")

    assert "names intranet, which is no network like 10.1.0.0/16." in told
    assert "names 10.1.2.3/8, which is no network like 10.1.0.0/16." in told


@pytest.mark.parametrize(
    ("more", "error"), [({}, NoKey), ({"WORKERS": "0"}, ConfigError)]
)
def test_keys_that_cannot_be_read_are_told_apart_if_all_else_is_well(
    more: dict[str, str], error: type[ConfigError]
) -> None:
    environ = {f"PORTAL_{name}": value for name, value in more.items()}

    with pytest.raises(ConfigError) as raised:
        config.read(environ | {"PORTAL_KEYS_FILE": "/nowhere"})

    assert raised.type is error


def test_a_typo_is_named_and_what_was_meant() -> None:
    told = wrong(CLIENT_SECERT="geheim")

    assert told == (
        "PORTAL_CLIENT_SECERT is not a setting. Is it PORTAL_CLIENT_SECRET?"
    )


def test_names_of_other_programs_are_left_alone() -> None:
    config.read({"PORTALS": "x", "PORTAL_SOMETHING_ELSE": "x", "PATH": "/bin"})


@pytest.mark.parametrize("name", ["BASE_URL", "LOGIN_URL", "GRAPH_URL"])
@pytest.mark.parametrize(
    "value",
    [
        "http://mail.example",
        "http://127.0.0.1.example",
        "http://0.0.0.0",
        "https://",
        "https:///path",
        "https://user@mail.example",
        "https://:geheim@mail.example",
        "https://mail.example?x=y",
        "https://mail.example#x",
        "https://mail.example:port",
        "https://mail.example:99999",
        "https://[::1",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_will_not_do_is_refused(name: str, value: str) -> None:
    told = wrong(**{name: value})

    assert told.startswith(f"PORTAL_{name} must ")
    assert "geheim" not in told


def test_the_portal_has_an_address_to_itself() -> None:
    told = wrong(BASE_URL="https://mail.contoso.example/portal/")

    assert told.startswith("PORTAL_BASE_URL must have no path, as in https://")
    graph = config.read({"PORTAL_GRAPH_URL": "https://proxy.contoso.example/graph"})
    assert graph.graph_url == "https://proxy.contoso.example/graph"


@pytest.mark.parametrize(
    "value",
    [
        "geheim",
        "http://alerts.contoso.example/geheim",
        "https://ann:geheim@alerts.contoso.example",
        "https://alerts.contoso.example#@geheim?x",
    ],
)
def test_a_webhook_that_will_not_do_is_refused(value: str) -> None:
    told = wrong(ALERT_WEBHOOK=value)

    assert told.startswith("PORTAL_ALERT_WEBHOOK must ")
    assert "geheim" not in told


@pytest.mark.parametrize(
    "host", ["localhost:5000", "127.0.0.1", "127.9.9.9:80", "[::1]:5000", "a.localhost"]
)
def test_http_will_do_on_this_machine(host: str) -> None:
    assert config.read({"PORTAL_BASE_URL": f"http://{host}"}).base_url.endswith(host)


@pytest.mark.parametrize(
    "value", ["-1", "1.5", "1e3", "٣", "one", "9" * 5000, "+4", "0x10"]
)
def test_a_number_that_is_none_is_refused(value: str) -> None:
    told = wrong(REQUESTS_IN_FLIGHT=value)

    assert told == "PORTAL_REQUESTS_IN_FLIGHT must be a whole number, 1 or more."


@pytest.mark.parametrize(
    "value",
    ["5000", ":5000", "host:", "host:x", "host:65536", "host:-1", "h:" + "9" * 5000],
)
def test_a_place_to_listen_that_is_none_is_refused(value: str) -> None:
    assert wrong(WEB_BIND=value) == "PORTAL_WEB_BIND must look like 127.0.0.1:5000."


@pytest.mark.parametrize("text", ["127.0.0.1:5000", "[::1]:5000"])
def test_a_place_to_listen_is_spelled_as_it_was_given(text: str) -> None:
    assert str(config.read({"PORTAL_WEB_BIND": text}).web_bind) == text


def test_a_path_may_hold_whatever_a_path_may(tmp_path: Path) -> None:
    instance = tmp_path / "50% of #1? yes+no"

    url = config.read({"PORTAL_INSTANCE": str(instance)}).database_url

    assert make_url(url).database == str(instance / "portal.db")


def test_the_names_of_permissions_follow_the_cloud_not_the_address() -> None:
    chosen = config.read(
        {"PORTAL_CLOUD": "china", "PORTAL_GRAPH_URL": "http://127.0.0.1:5050"}
    )

    assert chosen.scope_prefix == "https://microsoftgraph.chinacloudapi.cn/"
    assert chosen.entra_url == "https://portal.azure.cn"


@pytest.mark.parametrize("version", ["", "/", "/v1.0", "/v1.0/"])
def test_graph_is_named_with_its_version_or_without(version: str) -> None:
    chosen = config.read({"PORTAL_GRAPH_URL": f"http://127.0.0.1:5050{version}"})

    assert chosen.graph_url == "http://127.0.0.1:5050"


def test_settings_that_are_used_stay_in_force(settings: Config) -> None:
    other = replace(settings, workers=7)

    config.use(other)

    assert config.current() is other


@pytest.mark.parametrize("name", ["CONTENT_DAYS", "RECORDS_DAYS"])
def test_nothing_is_kept_for_longer_than_a_date_can_say(name: str) -> None:
    assert f"PORTAL_{name} must be 3650 or less" in wrong(**{name: "1_000_000"})
