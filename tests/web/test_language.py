"""Every text of a page is known to gettext, and said in Portuguese too."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from flask.testing import FlaskClient

from portal.web import language
from tests.web import CHECKOUT, catalogue

TEMPLATES = sorted((CHECKOUT / "templates").rglob("*.html"))
SPOKEN = ("aria-label", "alt", "title", "placeholder")
LETTERS = re.compile(r"[^\W\d_]{2,}")


class Bare(HTMLParser):
    """Collects the words of a template that stand outside of gettext."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words += LETTERS.findall(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in SPOKEN:
                self.words += LETTERS.findall(value or "")


def without_code(template: str) -> str:
    return re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", "", template, flags=re.DOTALL)


def holes(text: str) -> list[str]:
    """List what a text leaves to be filled in, and its markup."""
    return sorted(re.findall(r"%\(\w+\)s|</?\w+[^>]*>", text))


def forms(message: Message) -> tuple[list[str], list[str]]:
    """Give its forms, singular and plural, and those of its translation."""
    said, translated = message.id, message.string or ""
    return (
        [said] if isinstance(said, str) else [*said],
        [translated] if isinstance(translated, str) else [*translated],
    )


@pytest.mark.parametrize(
    "path", TEMPLATES, ids=lambda path: path.relative_to(CHECKOUT).as_posix()
)
def test_no_word_of_a_template_is_outside_of_gettext(path: Path) -> None:
    bare = Bare()

    bare.feed(without_code(path.read_text()))

    assert bare.words == []


def test_the_catalogue_holds_what_is_used_and_nothing_else() -> None:
    known = {message.id for message in catalogue.translated() if message.id}

    assert known == {message.id for message in catalogue.used() if message.id}


def test_every_text_has_a_translation_with_the_same_holes() -> None:
    for message in catalogue.translated():
        if not message.id:
            continue

        said, translated = forms(message)

        assert all(translated), f"not translated: {said[0]}"
        assert not message.fuzzy, f"to be looked at: {said[0]}"
        assert {*map(str, map(holes, said))} == {*map(str, map(holes, translated))}


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("pt", "pt-BR"),
        ("pt-PT", "pt-BR"),
        ("pt-BR,pt;q=0.9,en;q=0.8", "pt-BR"),
        ("de,pt;q=0.4", "pt-BR"),
        ("en-US,en;q=0.9,pt;q=0.5", "en"),
        ("pt;q=0,en;q=0.1", "en"),
        ("de", "en"),
        ("", "en"),
    ],
)
def test_the_browser_chooses_the_language(
    client: FlaskClient, asked: str, answered: str
) -> None:
    page = client.get("/pages/succeeded-held", headers={"Accept-Language": asked})

    assert page.headers["Content-Language"] == answered
    assert page.headers["Vary"] == "Accept-Language"
    assert f'<html lang="{answered}">' in page.text


def test_a_page_is_portuguese_from_top_to_bottom(client: FlaskClient) -> None:
    page = client.get("/pages/succeeded-held", headers={"Accept-Language": "pt"}).text

    assert "Autenticação OAuth 2.0 do e-mail concluída com sucesso" in page
    assert "3 mensagens que esperavam por isto saem sozinhas." in page


def test_a_number_is_written_as_its_reader_does(client: FlaskClient) -> None:
    english = client.get("/pages/home-connected").text
    brazil = client.get("/pages/home-connected", headers={"Accept-Language": "pt-BR"})

    assert "1,284 messages wait" in english
    assert "1.284 mensagens em espera" in brazil.text


def test_a_value_cannot_bring_markup_into_a_text(client: FlaskClient) -> None:
    with client.application.test_request_context():
        template = client.application.jinja_env.from_string(
            '{{ _("Error %(status)s", status=value) }}'
        )

        said = template.render(value="<b>404</b>")

    assert said == "Error &lt;b&gt;404&lt;/b&gt;"


def test_outside_of_a_request_we_speak_english() -> None:
    assert language.gettext("Try again") == "Try again"
    assert language.language_tag() == "en"
