"""What the operator set: read once from the environment, and judged as a whole.

Each name carries the prefix PORTAL_; a secret may also be given as the path of a file,
under the name with _FILE behind it.
"""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from urllib.parse import quote, urlsplit

from portal.config.clouds import CLOUDS
from portal.config.reader import MOST_DAYS as MOST_DAYS
from portal.config.reader import Bind as Bind
from portal.config.reader import Network, Reader
from portal.config.reader import is_loopback as is_loopback
from portal.errors import ConfigError, NoKey

CHECKOUT = Path(__file__).resolve().parents[2]
MEGABYTE = 1_000_000
SPARE = 1000 * MEGABYTE  # at least
RECORDS_DAYS = 8  # at least
KEYS = ("PORTAL_KEYS", "PORTAL_KEYS_FILE")
DATABASE = re.compile(r"(?:sqlite|postgresql)(?:\+\w+)?://")
A_DATABASE = "postgresql+psycopg://user:password@host/name, or sqlite:////path"
PROXY = re.compile(r"https?://[^/]")
A_PROXY = "http://proxy.example.com:3128"
NO_CHECKOUT = (
    "is not set; an installed package has no place of its own for the database and keys"
)
AND_WHY = ": an Idempotency-Key is kept for seven days, and content needs its record"


@dataclass(frozen=True, kw_only=True)
class Config:
    """Every setting, checked; secrets are kept out of its repr."""

    database_url: str = field(repr=False)
    base_url: str
    instance: Path
    keys: tuple[str, ...] = field(repr=False)  # empty: the file in `instance`
    login_url: str
    graph_url: str  # without /v1.0
    google_url: str
    scope_prefix: str  # names of permissions begin with it, whatever graph_url is
    entra_url: str  # where people administer the application
    exchange_domains: tuple[str, ...]  # of the hosts that take files, and mail
    exchange_url: str  # names of Exchange's own permissions begin with it
    submission_prefixes: tuple[str, ...]  # likewise, of what a user lets us do by SMTP
    tenant_id: str
    client_id: str
    client_secret: str = field(repr=False)
    client_secret_expires: date | None
    alert_webhook: str = field(repr=False)  # "": none is told but channels
    alert_private: tuple[Network, ...]  # where alerts may go, although it is private
    client_certificate: str = field(repr=False)  # PEM with its key
    certificate_algorithm: str  # "PS256" or "RS256"
    admins: tuple[str, ...]
    ca_bundle: Path | None
    proxy: str = field(repr=False)
    web_bind: Bind
    smtp_bind: Bind
    smtps_bind: Bind | None  # encrypted from the first byte on
    smtp_certificate: str = field(repr=False)  # PEM with its key, or a path to both
    sandbox_bind: Bind
    sandbox_smtp_bind: Bind
    sandbox_gmail_bind: Bind
    workers: int  # worker processes that `portal up` starts
    max_message: int  # bytes
    requests_in_flight: int  # per mailbox
    messages_per_minute: int  # 0: no pace
    recipients_per_day: int  # 0: not counted
    content_days: int | None  # from a final state on; None: as an admin chooses
    records_days: int | None  # likewise
    log_format: str
    metrics_token: str = field(repr=False)  # "": only this machine may read metrics

    @property
    def redirect_uri(self) -> str:
        """The one address that Microsoft sends browsers back to."""
        return f"{self.base_url}/callback"

    @property
    def google_redirect_uri(self) -> str:
        """Google's own: an issuer is told no code that another one gave."""
        return f"{self.redirect_uri}/google"

    @property
    def local(self) -> bool:
        """Tell whether nobody but this machine can reach the pages."""
        base = urlsplit(self.base_url).hostname or ""
        return is_loopback(self.web_bind.host) and is_loopback(base)

    @property
    def spare(self) -> int:
        """Bytes that doors leave free, so that workers can write down what they did."""
        return max(SPARE, 2 * self.max_message)


Check = Callable[[Config], None]  # raises ConfigError


def read(
    environ: Mapping[str, str], checkout: Path = CHECKOUT, checks: Sequence[Check] = ()
) -> Config:
    """Check everything at once; raise ConfigError that names all that is wrong.

    It is NoKey if all but the keys is well. `checks` judge what one part alone uses.
    """
    look = Reader(environ)
    instance = _instance(look, checkout)
    cloud = CLOUDS[look.choice("CLOUD", ("global", "usgov", "dod", "china"))]
    web_bind = look.bind("WEB_BIND", "127.0.0.1:5000")
    days = look.days("CONTENT_DAYS", at_least=1)
    longer = max(RECORDS_DAYS, days or 0)
    config = Config(
        database_url=look.matching("DATABASE_URL", DATABASE, A_DATABASE)
        or _local_database(instance),
        base_url=look.root("BASE_URL", f"http://localhost:{web_bind.port}"),
        instance=instance,
        keys=look.keys("KEYS"),
        login_url=look.url("LOGIN_URL", cloud.login_url),
        graph_url=look.url("GRAPH_URL", cloud.graph_url).removesuffix("/v1.0"),
        google_url=look.url("GOOGLE_URL", "https://accounts.google.com"),
        scope_prefix=f"{cloud.graph_url}/",
        entra_url=cloud.entra_url,
        exchange_domains=cloud.exchange_domains,
        exchange_url=cloud.exchange_url,
        submission_prefixes=cloud.submission_prefixes,
        tenant_id=look.text("TENANT_ID"),
        client_id=look.text("CLIENT_ID"),
        client_secret=look.secret("CLIENT_SECRET"),
        client_secret_expires=look.day("CLIENT_SECRET_EXPIRES"),
        alert_webhook=look.webhook("ALERT_WEBHOOK"),
        alert_private=look.networks("ALERT_PRIVATE"),
        client_certificate=look.certificate("CLIENT_CERTIFICATE"),
        certificate_algorithm=look.choice("CERTIFICATE_ALGORITHM", ("PS256", "RS256")),
        admins=look.addresses("ADMINS"),
        ca_bundle=look.authorities("CA_BUNDLE"),
        proxy=look.matching("PROXY", PROXY, A_PROXY),
        web_bind=web_bind,
        smtp_bind=look.bind("SMTP_BIND", "127.0.0.1:2525"),
        smtps_bind=look.bind("SMTPS_BIND", "") if look.text("SMTPS_BIND") else None,
        smtp_certificate=look.renewable("SMTP_CERTIFICATE"),
        sandbox_bind=look.bind("SANDBOX_BIND", "127.0.0.1:5050"),
        sandbox_smtp_bind=look.bind("SANDBOX_SMTP_BIND", "127.0.0.1:5587"),
        sandbox_gmail_bind=look.bind("SANDBOX_GMAIL_BIND", "127.0.0.1:5588"),
        workers=look.number("WORKERS", 1, at_least=1),
        max_message=look.number("MAX_MESSAGE", 200 * MEGABYTE, at_least=MEGABYTE),
        requests_in_flight=look.number("REQUESTS_IN_FLIGHT", 4, at_least=1),
        messages_per_minute=look.number("MESSAGES_PER_MINUTE", 0),
        recipients_per_day=look.number("RECIPIENTS_PER_DAY", 10_000),
        content_days=days,
        records_days=look.days("RECORDS_DAYS", at_least=longer, why=AND_WHY),
        log_format=look.choice("LOG_FORMAT", ("text", "json")),
        metrics_token=look.secret("METRICS_TOKEN"),
    )
    _check_application(look, config)
    look.misspelled()
    look.problems += [fault for check in checks if (fault := _fault(check, config))]
    if look.problems:
        error = NoKey if look.problems == look.of_keys else ConfigError
        raise error("\n".join(look.problems))
    return config


def _instance(look: Reader, checkout: Path) -> Path:
    # A database that is made among installed packages is one that no worker looks into.
    if not look.text("INSTANCE") and not (checkout / "pyproject.toml").is_file():
        look.wrong("INSTANCE", NO_CHECKOUT)
    return Path(look.text("INSTANCE", str(checkout / "instance"))).absolute()


def _local_database(instance: Path) -> str:
    # A path may hold what an address gives another meaning, such as ? and %.
    return f"sqlite:///{quote(str(instance / 'portal.db'))}"


def _check_application(look: Reader, config: Config) -> None:
    """An application is given as a whole, or not at all: never half of each."""
    credentials = [
        n for n in ("client_secret", "client_certificate") if getattr(config, n)
    ]
    given = [n for n in ("tenant_id", "client_id") if getattr(config, n)]
    if len(credentials) > 1:
        look.wrong("CLIENT_SECRET", "and PORTAL_CLIENT_CERTIFICATE exclude each other")
    if 0 < len(given) + bool(credentials) < 3:
        names = "PORTAL_TENANT_ID, PORTAL_CLIENT_ID and PORTAL_CLIENT_SECRET"
        look.problems.append(
            f"{names} (or PORTAL_CLIENT_CERTIFICATE) go together: set all or none."
        )
    if config.client_secret_expires and not config.client_secret:
        look.wrong("CLIENT_SECRET_EXPIRES", "needs PORTAL_CLIENT_SECRET")


def _fault(check: Check, config: Config) -> str:
    try:
        check(config)
    except ConfigError as error:
        return str(error)
    return ""


_chosen: list[Config] = []


def current() -> Config:
    """Return the settings of this process; reads the environment at the first call."""
    return _chosen[-1] if _chosen else _from_environment()


def use(config: Config) -> None:
    """Take these settings instead of the environment's, from now on."""
    _chosen[:] = [config]


def begin(*checks: Check) -> Config:
    """Read the environment for a part, whose checks judge what it uses; see `read`."""
    use(read(os.environ, checks=checks))
    return current()


def without_keys() -> Config:
    """Return what the environment says otherwise, when its keys cannot be read."""
    others = {name: value for name, value in os.environ.items() if name not in KEYS}
    return read(others)


@cache
def _from_environment() -> Config:
    return read(os.environ)
