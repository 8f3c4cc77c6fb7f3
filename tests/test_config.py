"""The environment is read once, judged as a whole, and never quoted in full."""

from base64 import b64encode
from dataclasses import replace
from datetime import date
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from portal import config
from portal.config import Bind, Config
from portal.errors import ConfigError, NoKey

KEYS = tuple(b64encode(bytes([each] * 32)).decode() for each in range(3))
APPLICATION = {
    "PORTAL_TENANT_ID": "contoso.example",
    "PORTAL_CLIENT_ID": "an-application",
    "PORTAL_CLIENT_SECRET": "geheim",
}
# Every name that the documentation promises, with a value that is right.
KNOWN = {
    "PORTAL_DATABASE_URL": "postgresql+psycopg://portal:geheim@db.example/mail",
    "PORTAL_BASE_URL": "https://mail.contoso.example/",
    "PORTAL_INSTANCE": "/srv/mail",
    "PORTAL_KEYS": f"{KEYS[0]},{KEYS[1]} {KEYS[2]}",
    "PORTAL_CLOUD": "usgov",
    "PORTAL_LOGIN_URL": "http://127.0.0.1:5050/",
    "PORTAL_GRAPH_URL": "http://[::1]:5050",
    "PORTAL_GOOGLE_URL": "http://localhost:5051/google",
    "PORTAL_SANDBOX_GMAIL_BIND": "127.0.0.1:5988",
    **APPLICATION,
    "PORTAL_CLIENT_SECRET_EXPIRES": "2031-12-31",
    "PORTAL_ADMINS": "ann@contoso.example, bea@contoso.example",
    "PORTAL_CERTIFICATE_ALGORITHM": "rs256",
    "PORTAL_CA_BUNDLE": __file__,
    "PORTAL_PROXY": "http://user:geheim@proxy.example:3128",
    "PORTAL_WEB_BIND": "[::]:80",
    "PORTAL_SMTP_BIND": "0.0.0.0:25",
    "PORTAL_SMTPS_BIND": "0.0.0.0:465",
    "PORTAL_SMTP_CERTIFICATE": "geheim",
    "PORTAL_SANDBOX_BIND": "localhost:5051",
    "PORTAL_SANDBOX_SMTP_BIND": "127.0.0.1:5588",
    "PORTAL_WORKERS": "2",
    "PORTAL_MAX_MESSAGE": "150_000_000",
    "PORTAL_REQUESTS_IN_FLIGHT": "2",
    "PORTAL_MESSAGES_PER_MINUTE": "30",
    "PORTAL_RECIPIENTS_PER_DAY": "0",
    "PORTAL_CONTENT_DAYS": "1",
    "PORTAL_RECORDS_DAYS": "8",
    "PORTAL_LOG_FORMAT": "JSON",
    "PORTAL_METRICS_TOKEN": "geheim",
    "PORTAL_ALERT_WEBHOOK": "https://alerts.contoso.example/hook?sig=geheim",
    "PORTAL_ALERT_PRIVATE": "10.1.0.0/16, fd00::/8",
}
SECRETS = (
    "DATABASE_URL",
    "KEYS",
    "CLIENT_SECRET",
    "CLIENT_CERTIFICATE",
    "PROXY",
    "SMTP_CERTIFICATE",
    "METRICS_TOKEN",
    "ALERT_WEBHOOK",
)


def wrong(**environ: str) -> str:
    with pytest.raises(ConfigError) as error:
        config.read({f"PORTAL_{name}": value for name, value in environ.items()})
    return str(error.value)


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
        ca_bundle=Path(__file__),
        proxy="http://user:geheim@proxy.example:3128",
        web_bind=Bind("::", 80),
        smtp_bind=Bind("0.0.0.0", 25),
        smtps_bind=Bind("0.0.0.0", 465),
        smtp_certificate="geheim",
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
        SMTP_CERTIFICATE_FILE=str(tmp_path / "nowhere"),
        DATABSE_URL="sqlite:///",
    )

    names = [line.split()[0].rstrip(",") for line in told.splitlines()]
    assert sorted(names) == [
        "PORTAL_ADMINS",
        "PORTAL_BASE_URL",
        "PORTAL_CA_BUNDLE",
        "PORTAL_CERTIFICATE_ALGORITHM",
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
        "PORTAL_SMTP_CERTIFICATE_FILE",
        "PORTAL_TENANT_ID",
        "PORTAL_WEB_BIND",
        "PORTAL_WORKERS",
    ]
    assert "geheim" not in told


def test_a_day_on_which_a_secret_ends_needs_the_secret() -> None:
    told = wrong(CLIENT_SECRET_EXPIRES="2031-12-31")

    assert told == "PORTAL_CLIENT_SECRET_EXPIRES needs PORTAL_CLIENT_SECRET."


# The door's certificate is read anew when its file changes, so the path is kept.
ELSEWHERE = ("SMTP_CERTIFICATE", "ALERT_WEBHOOK")
SHAPED = {
    "DATABASE_URL": "sqlite:////srv/mail.db",
    "KEYS": KEYS[0],
    "CLIENT_CERTIFICATE": "-----BEGIN CERTIFICATE-----",
    "PROXY": "http://user:geheim@proxy.example",
}
IN_FILES = [name for name in SECRETS if name not in ELSEWHERE]


def test_a_network_that_is_none_is_named() -> None:
    told = wrong(ALERT_PRIVATE="10.0.0.0/8, intranet, 10.1.2.3/8")

    assert "names intranet, which is no network like 10.1.0.0/16." in told
    assert "names 10.1.2.3/8, which is no network like 10.1.0.0/16." in told


def test_a_secret_that_may_change_is_read_where_it_is_used(tmp_path: Path) -> None:
    path = tmp_path / "door.pem"
    path.write_text("the secret\n")

    chosen = config.read({"PORTAL_SMTP_CERTIFICATE_FILE": str(path)})

    assert chosen.smtp_certificate == str(path)


@pytest.mark.parametrize("name", IN_FILES)
def test_a_secret_may_lie_in_a_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    secret = SHAPED.get(name, "the secret")
    path.write_text(f"  {secret}\n")
    rest = {"PORTAL_TENANT_ID": "t", "PORTAL_CLIENT_ID": "c"}
    environ = {f"PORTAL_{name}_FILE": str(path)}
    chosen = config.read(environ | (rest if name.startswith("CLIENT") else {}))

    value: Any = getattr(chosen, name.lower())

    assert value == ((secret,) if name == "KEYS" else secret)


def test_a_webhook_may_lie_in_a_file_and_be_opened_by_its_query(
    tmp_path: Path,
) -> None:
    path, url = tmp_path / "hook", "https://alerts.contoso.example/x?sig=geheim"
    path.write_text(f"{url}\n")

    chosen = config.read({"PORTAL_ALERT_WEBHOOK_FILE": str(path)})

    assert chosen.alert_webhook == url


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_given_twice_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("from the file")

    told = wrong(**{name: "geheim", f"{name}_FILE": str(path)})

    assert f"PORTAL_{name} is set twice" in told
    assert "geheim" not in told


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "cannot be read (FileNotFoundError)"),
        (b"\xff\xfe\x00", "cannot be read (UnicodeDecodeError)"),
        (b" \n", "names an empty file"),
    ],
)
def test_a_file_without_a_secret_is_refused(
    content: bytes | None, fault: str, tmp_path: Path
) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)

    assert wrong(KEYS_FILE=str(path)) == f"PORTAL_KEYS_FILE {fault}."


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


@pytest.mark.parametrize("left_out", APPLICATION)
def test_half_an_application_is_refused(left_out: str) -> None:
    half = {name: value for name, value in APPLICATION.items() if name != left_out}

    with pytest.raises(ConfigError, match="set all or none") as error:
        config.read(half)

    assert "geheim" not in str(error.value)


def test_a_secret_and_a_certificate_exclude_each_other() -> None:
    told = wrong(CLIENT_SECRET="geheim", CLIENT_CERTIFICATE="geheim")

    assert "exclude each other" in told
    assert "set all or none" in told
    assert "geheim" not in told


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


def test_no_secret_shows_in_settings() -> None:
    secrets = replace(config.read(KNOWN), client_certificate="geheim", keys=("geheim",))

    assert "geheim" not in repr(secrets)


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
