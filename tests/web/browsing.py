"""A browser without script: follows links, posts forms, walks through Microsoft."""

import re
from collections.abc import Mapping
from html import unescape
from urllib.parse import urlsplit
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from requests import Session
from werkzeug.test import TestResponse

from tests.sandbox.serving import Sandbox
from tests.trip import ANN

BASE = "http://localhost:5000"
JSON = "application/json"
NOTHING: Mapping[str, str] = {}


class Browser:
    """Somebody's browser, with cookies of its own here and at Microsoft."""

    def __init__(self, app: Flask, sandbox: Sandbox) -> None:
        self.client: FlaskClient = app.test_client()
        self.sandbox = sandbox
        self._there = Session()
        self._there.trust_env = False

    def get(self, address: str, **more: str) -> TestResponse:
        """Open an address of the portal; `more` are headers."""
        return self.client.get(_local(address), base_url=BASE, headers=more)

    def post(
        self,
        address: str,
        fields: Mapping[str, str] = NOTHING,
        *,
        form_at: str = "/settings",
        **headers: str,
    ) -> TestResponse:
        """Post a form with the token that the page it is on carries."""
        data = {**fields, "csrf_token": token(self.get(form_at))}
        return self.client.post(
            _local(address), base_url=BASE, data=data, headers=headers
        )

    def follow(self, answer: TestResponse) -> TestResponse:
        """Go where an answer leads, within the portal."""
        while answer.status_code in (302, 303):
            answer = self.get(answer.headers["Location"])
        return answer

    def visit_microsoft(
        self, address: str, as_: str = ANN, answer: str = "accept"
    ) -> str:
        """Leave for Microsoft and walk its pages; return where it leads back to."""
        left = self.get(address)
        assert left.status_code == 302, left.text
        # It talks to Microsoft itself, whoever stands between us and it.
        home = urlsplit(self.sandbox.url).netloc
        there = urlsplit(left.headers["Location"])._replace(netloc=home).geturl()
        return self.sandbox.sign_in(self._there, there, as_=as_, answer=answer)

    def travel(
        self, address: str, as_: str = ANN, answer: str = "accept"
    ) -> TestResponse:
        """Go on a trip and come back; return what the callback answers."""
        return self.get(self.visit_microsoft(address, as_, answer))

    def sign_in(self, as_: str = ANN, next_: str = "/settings") -> TestResponse:
        return self.travel(f"/sign-in/start?next={next_}", as_)

    def ask(self, sender: str, *, large: bool = False, at: str = "/settings") -> UUID:
        """Press Enable or Save; return the change that was asked for."""
        switch = {"large": "y"} if large else {}
        fields = {"sender": sender, "version": version(self.get(at)), **switch}
        answer = self.post(at, fields, form_at=at)
        assert answer.status_code == 303, answer.text
        return UUID(answer.headers["Location"].partition("=")[2])

    def enable(
        self,
        sender: str,
        as_: str = ANN,
        *,
        large: bool = False,
        at: str = "/settings",
    ) -> UUID:
        """Ask, approve as Ann, and sign in as somebody."""
        change = self.ask(sender, large=large, at=at)
        answer = self.get(f"/consent/{change}")
        if "adminconsent" in answer.headers["Location"]:
            self.travel(f"/consent/{change}")
        self.travel(f"/consent/{change}", as_)
        return change

    def confirm(self, there: str = "/settings") -> TestResponse:
        """Press **Use this account**, in Tenant Settings or where a trip ended."""
        page = self.get(there)
        form = {"proposal": value(page, "proposal")}
        if there != "/settings":
            return self.post(f"{there}/confirmation", form, form_at=there)
        return self.post(
            "/settings/proposal", {**form, "change": value(page, "change")}
        )


def token(page: TestResponse) -> str:
    """Return the token of the first form on a page."""
    return value(page, "csrf_token")


def version(page: TestResponse) -> str:
    """Return which version of the settings a page shows."""
    return value(page, "version")


def value(page: TestResponse, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return unescape(found[1])


def heading(page: TestResponse) -> str:
    (found,) = re.findall(r"<h1[^>]*>(.*?)</h1>", page.text)
    return unescape(str(found))


def words(page: TestResponse) -> str:
    """Return what a page says, without its markup."""
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", page.text).split()))


def _local(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
