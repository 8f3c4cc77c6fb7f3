"""What every answer tells the browser it may do."""

import re
from pathlib import Path

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from portal.web import security
from tests.web.pages import make_app

PAGE = "/pages/succeeded"
VENDORED = "/static/vendor/pico-2.1.1/pico.min.css"


@pytest.mark.parametrize("address", [PAGE, "/nowhere", "/static/tokens.css"])
def test_every_answer_is_guarded(client: FlaskClient, address: str) -> None:
    answer = client.get(address, buffered=True)

    for name, value in security.HEADERS.items():
        assert answer.headers[name] == value


def test_nothing_inline_runs_and_no_form_ends_elsewhere() -> None:
    rules = security.CONTENT.split("; ")

    assert "default-src 'none'" in rules
    assert "form-action 'self'" in rules
    assert "frame-ancestors 'none'" in rules
    assert "unsafe" not in security.CONTENT


def test_a_view_may_say_otherwise() -> None:
    app = make_app()

    @app.get("/callback")
    def callback() -> Response:
        return Response(headers={"Cross-Origin-Opener-Policy": "unsafe-none"})

    answer = app.test_client().get("/callback")

    assert answer.headers.getlist("Cross-Origin-Opener-Policy") == ["unsafe-none"]


def test_only_https_is_promised_over_https(client: FlaskClient) -> None:
    plain = client.get(PAGE, base_url="http://localhost")
    sealed = client.get(PAGE, base_url="https://localhost")

    assert "Strict-Transport-Security" not in plain.headers
    assert sealed.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_a_page_is_not_kept(client: FlaskClient) -> None:
    assert client.get(PAGE).headers["Cache-Control"] == "no-store"


def test_what_a_page_links_is_kept_for_ever(client: FlaskClient) -> None:
    page = client.get(PAGE).text
    addresses = re.findall(r'"(/static/[^"]+)"', page)

    kept = {
        client.get(it, buffered=True).headers["Cache-Control"]
        for it in [*addresses, VENDORED]
    }

    assert len(addresses) > 5
    assert kept == {security.FOR_EVER}


@pytest.mark.parametrize(
    "address",
    [
        "/static/tokens.css",
        "/static/tokens.css?v=",
        "/static/tokens.css?v=000000000000",
        "/static/vendor/none.css",
        "/static/../pyproject.toml?v=1",
    ],
)
def test_what_may_change_is_asked_for_again(client: FlaskClient, address: str) -> None:
    assert "immutable" not in client.get(address, buffered=True).headers.get(
        "Cache-Control", ""
    )


def test_a_changed_file_gets_another_address(tmp_path: Path) -> None:
    app = Flask(__name__, static_folder=str(tmp_path))
    security.init_app(app)

    def address(content: str) -> str:
        (tmp_path / "a.css").write_text(content)
        with app.test_request_context():
            return app.url_for("static", filename="a.css")

    assert address("one") != address("another")
