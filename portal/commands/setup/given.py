"""Values as people paste them: with blanks around them, as addresses of a tenant."""

import re
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

import click

from portal import config
from portal.config.clouds import CLOUDS
from portal.mail.message import address
from portal.workspace import registration
from portal.workspace.registration import credentials

ENDPOINT = re.compile(r"/([^/]+)/oauth2/(?:v2\.0/)?(token|authorize)")


class Trimmed(click.ParamType[Any]):
    """A value of another type, without the blanks around it."""

    def __init__(self, kind: click.ParamType[Any] | None = None) -> None:
        self.kind = kind or click.STRING
        self.name = self.kind.name

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:
        text = value.strip() if isinstance(value, str) else value
        return self.kind.convert(text, param, ctx)


class Day(click.ParamType[datetime]):
    """A day as Entra shows it, of which its first moment is meant."""

    name = "day"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        try:
            return credentials.start_of(date.fromisoformat(value.strip()))
        except ValueError:
            self.fail(f"{value} is no day such as 2027-03-01", param, ctx)


class Mailbox(click.ParamType[str]):
    """An address that mail can be sent to."""

    name = "address"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        try:
            return address.read(value).address
        except ValueError as error:
            self.fail(str(error), param, ctx)


TEXT, DAY, MAILBOX = Trimmed(), Day(), Mailbox()
PORT = Trimmed(click.IntRange(1, 65535))


def tenant(_: click.Context, __: click.Parameter, url: str | None) -> str | None:
    """Read the tenant from the address of an endpoint; as a callback of an option."""
    if url is None:
        return None
    parts = urlsplit(url.strip())
    place = f"{parts.scheme}://{parts.netloc}".lower()
    if place not in _logins():
        raise click.BadParameter(_elsewhere(place))
    found = ENDPOINT.fullmatch(parts.path)
    if found is None or parts.query or parts.fragment:
        raise click.BadParameter(f"must look like {place}/TENANT_ID/oauth2/v2.0/token")
    return whole_tenant(found[1])


def whole_tenant(text: str) -> str:
    """Return a tenant that is one; a word from an example stands for none."""
    if registration.is_guid(text) or "." in text:
        return text
    raise click.BadParameter(
        f"{text} names no organization; it takes the Directory (Tenant) ID, or a domain"
    )


def _logins() -> tuple[str, ...]:
    """Where this portal signs in; what stands in for the cloud means the cloud too."""
    settings = config.current()
    own = (c for c in CLOUDS.values() if f"{c.graph_url}/" == settings.scope_prefix)
    return (settings.login_url.lower(), *(cloud.login_url for cloud in own))


def _elsewhere(place: str) -> str:
    names = [name for name, cloud in CLOUDS.items() if cloud.login_url == place]
    remedy = f"see PORTAL_CLOUD={names[0]}" if names else "see PORTAL_LOGIN_URL"
    return f"is not where this portal signs in, {_logins()[0]}; {remedy}"
