"""What an operator may set."""

from base64 import b64encode

import certifi
import pytest

from portal import config
from portal.errors import ConfigError

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
    "PORTAL_CA_BUNDLE": certifi.where(),
    "PORTAL_PROXY": "http://user:geheim@proxy.example:3128",
    "PORTAL_WEB_BIND": "[::]:80",
    "PORTAL_SMTP_BIND": "0.0.0.0:25",
    "PORTAL_SMTPS_BIND": "0.0.0.0:465",
    "PORTAL_SMTP_CERTIFICATE": __file__,
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


def wrong(**environ: str) -> str:
    with pytest.raises(ConfigError) as error:
        config.read({f"PORTAL_{name}": value for name, value in environ.items()})
    return str(error.value)
