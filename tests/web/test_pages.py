"""What every page must be, whatever it shows: asked of each page in each state."""

from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient

from tests.web.pages import PAGES

UNLABELLED = ("hidden", "submit", "button")


class Page(HTMLParser):
    """Takes down what the rules ask about."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: dict[str, str] = {}
        self._open = self._drawing = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self._drawing = "svg " if tag == "svg" else self._drawing
        self._open = self._drawing + tag  # a drawing has a title of its own

    def handle_endtag(self, tag: str) -> None:
        self._drawing = "" if tag == "svg" else self._drawing

    def handle_data(self, data: str) -> None:
        self.words[self._open] = self.words.get(self._open, "") + data.strip()

    def all(self, *names: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.tags if tag in names]

    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.tags if "id" in attributes]


@pytest.fixture(params=PAGES)
def page(client: FlaskClient, request: pytest.FixtureRequest) -> Page:
    answer = client.get(f"/pages/{request.param}")
    assert answer.status_code == 200
    return Page(answer.text)


def test_it_has_a_title_and_one_heading(page: Page) -> None:
    assert page.words["title"].strip(" ·") != "Mail Portal"
    assert page.words["title"].endswith(" · Mail Portal")
    assert len(page.all("h1")) == 1
    assert page.words["h1"]


def test_it_says_its_language_and_leads_past_the_navigation(page: Page) -> None:
    (html,) = page.all("html")
    (main,) = page.all("main")
    first = page.all("a")[0]

    assert html["lang"] == "en"
    assert first["href"] == f"#{main['id']}"


def test_nothing_is_inline(page: Page) -> None:
    assert page.all("style") == []
    assert all("src" in script for script in page.all("script"))
    for _, attributes in page.tags:
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]


def test_every_field_has_a_label(page: Page) -> None:
    labelled = {label.get("for") for label in page.all("label")}

    for field in page.all("input", "select", "textarea"):
        if field.get("type") not in UNLABELLED:
            assert field.get("id") in labelled or field.get("aria-label")


def test_every_posted_form_carries_a_token(page: Page) -> None:
    forms = [form for form in page.all("form") if form.get("method") == "post"]
    tokens = [it for it in page.all("input") if it.get("name") == "csrf_token"]

    assert len(tokens) == len(forms)
    assert all(token["value"] for token in tokens)


def test_an_id_is_given_once_and_every_reference_finds_it(page: Page) -> None:
    ids = page.ids()
    wanted = [
        name
        for _, attributes in page.tags
        for kind in ("aria-labelledby", "aria-describedby", "for")
        for name in attributes.get(kind, "").split()
    ]

    assert len(ids) == len(set(ids))
    assert set(wanted) <= set(ids)


def test_nothing_comes_from_another_host(page: Page) -> None:
    for asset in page.all("link", "script", "img"):
        assert asset.get("href", asset.get("src", "")).startswith("/static/")
