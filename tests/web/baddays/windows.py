"""Another window of the same browser; the addresses and links it may be sent to."""

import re

from flask import Flask
from flask.testing import FlaskClient

from portal import db
from portal.workspace.people import setup_links
from tests.web.browsing import Browser

COOKIES = ("session", "csrf", "browser", "setup")


def window(browser: Browser, app: Flask | None = None) -> FlaskClient:
    """Open one, perhaps at an app that was put together anew."""
    client = (app or browser.client.application).test_client()
    for name in COOKIES:
        if kept := browser.client.get_cookie(name):
            client.set_cookie(name, kept.value)
    return client


def addresses(app: Flask, method: str, but: tuple[str, ...] = ("api",)) -> list[str]:
    """Name every address that takes a method, but for endpoints that begin so."""
    return [
        re.sub("<[^>]+>", "018f0000-0000-7000-8000-000000000000", rule.rule)
        for rule in app.url_map.iter_rules()
        if method in (rule.methods or ()) and not rule.endpoint.startswith(but)
    ]


def setup_link() -> str:
    with db.session() as session:
        return setup_links.make(session)
