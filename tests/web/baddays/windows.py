"""Another window of the same browser: it has the same cookies."""

from flask import Flask
from flask.testing import FlaskClient

from tests.web.browsing import Browser

COOKIES = ("session", "csrf", "browser", "setup")


def window(browser: Browser, app: Flask | None = None) -> FlaskClient:
    """Open one, perhaps at an app that was put together anew."""
    client = (app or browser.client.application).test_client()
    for name in COOKIES:
        if kept := browser.client.get_cookie(name):
            client.set_cookie(name, kept.value)
    return client
