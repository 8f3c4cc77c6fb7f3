"""The application as a whole: errors as pages, cookies, one address for browsers."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask, session
from werkzeug.test import TestResponse

from portal import config, db, vault
from portal.app import create_app
from portal.config import Config
from portal.errors import Answer
from portal.issuer.refusals import LoginRefused
from portal.workspace import house as open_house
from tests.conftest import close

BASE = "http://localhost:5000"
FOREIGN = [
    "evil.example",
    "localhost",
    "localhost:5001",
    "localhost:5000.evil.example",
    "localhost:5000@evil.example",
    "evil.example:99999",
    "[::1",
    "a b",
    "",
]


@pytest.fixture
def app(house: Config) -> Flask:
    """Put the house together."""
    return create_app(house)


def ask(
    app: Flask,
    path: str,
    method: str = "GET",
    host: str = "localhost:5000",
    data: dict[str, str] | None = None,
) -> TestResponse:
    """Ask under some name, our own if none is told."""
    headers = {"Host": host}
    return app.test_client().open(path, method=method, headers=headers, data=data)


def add_form(app: Flask) -> None:
    """Add a page with a form, as every form of the house is added."""

    def remember() -> str:
        session["name"] = "Ann"
        return "kept"

    app.add_url_rule("/form", view_func=remember, methods=["GET", "POST"])


@pytest.mark.parametrize(
    "path", ["/nowhere", "/callback/elsewhere", "/%00", "/api", "/settings//reset"]
)
def test_what_is_not_there_is_a_page(app: Flask, path: str) -> None:
    answer = ask(app, path)

    assert answer.status_code == 404
    assert answer.content_type == "text/html; charset=utf-8"
    assert "There is nothing here" in answer.text


def test_what_an_address_is_not_for_keeps_saying_what_it_is_for(app: Flask) -> None:
    answer = ask(app, "/callback", "PUT")

    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert "That does not work this way" in answer.text


def test_a_fault_of_ours_is_a_page_without_its_story(app: Flask) -> None:
    def broken() -> str:
        raise ZeroDivisionError("a secret")

    app.add_url_rule("/broken", view_func=broken)

    answer = ask(app, "/broken")

    assert answer.status_code == 500
    assert "Something broke on our side" in answer.text
    assert "Traceback" not in answer.text
    assert "secret" not in answer.text


def test_a_fault_of_ours_is_logged_without_the_secret_in_its_address(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(link: str) -> str:
        raise ZeroDivisionError

    app.add_url_rule("/broken/<link>", view_func=broken)

    ask(app, "/broken/the-secret?code=another-secret")

    assert "/broken/<link> [GET]" in caplog.text
    assert "secret" not in caplog.text


def test_what_an_issuer_refused_is_a_page_with_its_words_folded(app: Flask) -> None:
    said = Answer(status=400, code="AADSTS1999999", text="No.", request_id="r-1")

    def refused() -> str:
        raise LoginRefused(answer=said)

    app.add_url_rule("/refused", view_func=refused)

    answer = ask(app, "/refused")

    _, _, folded = answer.text.partition('<details class="raw">')
    assert answer.status_code == 502
    assert "400 · AADSTS1999999\nNo.\nrequest-id r-1" in folded


def test_a_database_that_is_away_is_a_page(app: Flask) -> None:
    db.connect("postgresql+psycopg://ben:secret@127.0.0.1:1/mail")

    answer = ask(app, "/connect/some-link")

    assert answer.status_code == 503
    assert "<h1>" in answer.text
    assert "secret" not in answer.text


def test_a_form_of_another_site_is_refused(app: Flask) -> None:
    add_form(app)

    answer = ask(app, "/form", "POST", data={"name": "Eve"})

    assert answer.status_code == 400
    assert "This request could not be read" in answer.text


def test_a_form_is_refused_before_it_fills_the_memory(app: Flask) -> None:
    add_form(app)

    answer = ask(app, "/form", "POST", data={"a": "x" * 1_000_001})

    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("base", "secure"), [(BASE, False), ("https://x.example", True)]
)
def test_the_cookie_of_a_form_is_kept_from_scripts_and_other_sites(
    house: Config, base: str, secure: bool
) -> None:
    app = create_app(replace(house, base_url=base))
    add_form(app)

    answer = ask(app, "/form", host=base.rpartition("/")[2])

    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-csrf=" if secure else "csrf=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= {*cookie.split("; ")}
    assert ("Secure" in cookie.split("; ")) is secure


def test_all_processes_sign_cookies_with_one_key(house: Config) -> None:
    keys = {create_app(house).secret_key for _ in range(2)}

    assert len(keys) == 1
    assert keys != {create_app(another(house)).secret_key}
    close()


def another(house: Config) -> Config:
    """Open another house beside this one."""
    chosen = replace(
        house,
        instance=house.instance / "other",
        database_url=f"sqlite:///{house.instance}/other.db",
    )
    config.use(chosen)
    open_house.open_up(chosen)
    return chosen


@pytest.mark.parametrize("host", FOREIGN)
@pytest.mark.parametrize("path", ["/", "/connect/a?b=c%0d%0a&d=%C3%A4"])
def test_browsers_are_led_to_one_address(app: Flask, host: str, path: str) -> None:
    answer = ask(app, path, host=host)

    assert answer.status_code == 308
    assert answer.headers["Location"] == f"{BASE}{path}"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/a%0d%0aSet-Cookie:%20b=c", "/%5cevil.example", "/a%3Fb", "/%C3%A4%FF"]
)
def test_a_path_is_the_same_at_the_other_end(app: Flask, path: str) -> None:
    answer = ask(app, path, host="evil.example")

    there = ask(app, answer.headers["Location"])
    assert answer.status_code == 308
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Location"].startswith(f"{BASE}/")
    assert there.status_code == 404


@pytest.mark.parametrize("host", FOREIGN)
@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/static/tokens.css"])
def test_programs_may_use_any_name(app: Flask, host: str, path: str) -> None:
    with ask(app, path, host=host) as answer:
        assert answer.status_code == 200


@pytest.mark.parametrize(
    ("base", "host"),
    [
        ("http://localhost:5000", "LocalHost:5000"),
        ("http://Mail.Example.com", "mail.example.com"),
        ("http://mail.example.com:80", "mail.example.com"),
        ("https://mail.example.com:443", "mail.example.com"),
        ("https://mail.example.com", "mail.example.com:443"),
    ],
)
def test_one_address_may_be_spelled_in_many_ways(
    house: Config, base: str, host: str
) -> None:
    # A proxy ends TLS before us, so that the request itself is plain.
    app = create_app(replace(house, base_url=base))

    assert ask(app, "/", host=host).status_code == 200


def test_the_front_page_tells_when_the_key_does_not_fit(house: Config) -> None:
    vault.key_file(house.instance).write_text("A" * 43 + "=")
    close()
    database = house.instance / "portal.db"
    before = database.read_bytes()

    app = create_app(house)
    pages = [ask(app, path) for path in ("/", "/connect/a", "/callback?state=a")]

    assert [page.status_code for page in pages] == [200, 503, 503]
    assert all("Can't decrypt" in page.text for page in pages)
    close()
    assert database.read_bytes() == before


def test_any_wsgi_server_finds_the_application(tmp_path: Path) -> None:
    program = "import wsgi; print(wsgi.app.test_client().get('/readyz').status_code)"
    environ = os.environ | {"PORTAL_INSTANCE": str(tmp_path / "instance")}
    command = [sys.executable, "-c", program]

    ran = subprocess.run(
        command, env=environ, cwd=config.CHECKOUT, capture_output=True, text=True
    )

    assert (ran.stdout, ran.stderr) == ("200\n", "")


def test_any_wsgi_server_is_told_at_once_whom_nobody_can_trust(tmp_path: Path) -> None:
    path = tmp_path / "authorities.pem"
    path.write_text("geheim")
    told = {"PORTAL_INSTANCE": str(tmp_path / "x"), "PORTAL_CA_BUNDLE": str(path)}
    command = [sys.executable, "-c", "import wsgi"]

    ran = subprocess.run(
        command, env=os.environ | told, cwd=config.CHECKOUT, capture_output=True
    )

    assert ran.returncode == 1
    assert b"ConfigError: PORTAL_CA_BUNDLE must name " in ran.stderr
