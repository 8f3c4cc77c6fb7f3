"""Every text of a page is known to gettext, and said in Portuguese too."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from flask.testing import FlaskClient

from portal.microsoft import aadsts
from portal.web import language
from portal.workspace.accounts import YOURS
from tests.trip import ANN
from tests.web import CHECKOUT, catalogue, sentences
from tests.web.standings import NOW

TEMPLATES = sorted((CHECKOUT / "templates").rglob("*.html"))
SPOKEN = ("aria-label", "alt", "title", "placeholder")
PORTUGUESE = {"Accept-Language": "pt-BR"}
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


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("settings-attention", "O usuário conectado não pode enviar como o endereço"),
        (
            "settings-reconnect",
            "A senha do usuário foi trocada, ou um administrador revogou os",
        ),
        ("settings-pending-trouble", "A última tentativa não funcionou: A aprovação"),
        ("settings-lapsed", "A aprovação foi recusada. Peça ao administrador"),
        ("settings-test-failed", "O usuário conectado não pode enviar como o endereço"),
        ("failed", "Peça ao administrador da organização que aprove as permissões."),
        ("forbidden", "não é administrador do workspace neste portal."),
    ],
)
def test_a_reason_is_told_in_the_language_of_its_page(
    client: FlaskClient, name: str, reason: str
) -> None:
    assert reason in client.get(f"/pages/{name}", headers=PORTUGUESE).text


def test_a_number_is_written_as_its_reader_does(client: FlaskClient) -> None:
    english = client.get("/pages/settings-connected-long").text
    brazil = client.get(
        "/pages/settings-connected-long", headers={"Accept-Language": "pt-BR"}
    )

    assert "12,500 messages wait" in english
    assert "12.500 mensagens em espera" in brazil.text


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


@pytest.mark.parametrize("sentence", [said for _, said in sentences.every()])
def test_a_sentence_made_elsewhere_has_a_name_for_each_of_its_values(
    sentence: str,
) -> None:
    names = re.findall(r"%\((.*?)\)s", sentence)

    assert all(name.isidentifier() for name in names)
    assert len(names) == len({*names})


@pytest.mark.parametrize(
    ("english", "portuguese"),
    [
        ("The account is not connected yet.", "A conta ainda não está conectada."),
        (
            aadsts.CAUSES[65004].sentence,
            "A aprovação foi recusada."
            " Peça ao administrador da organização que aprove as permissões.",
        ),
        (
            "Microsoft did not grant: Mail.Send, Mail.ReadWrite.",
            "Microsoft não concedeu: Mail.Send, Mail.ReadWrite.",
        ),
        (
            f"{ANN} pressed Reset at 14:29 UTC. {YOURS}",
            f"{ANN} usou Redefinir às 14:29 UTC."
            " As suas não foram aplicadas; veja o que está em vigor e peça de novo.",
        ),
        ("Nobody has ever said this.", "Nobody has ever said this."),
        (
            "Please begin again. Nobody said this.",
            "Please begin again. Nobody said this.",
        ),
        ("", ""),
    ],
)
def test_what_was_put_into_english_is_said_in_the_language_of_the_page(
    client: FlaskClient, english: str, portuguese: str
) -> None:
    with client.application.test_request_context(headers=PORTUGUESE):
        assert language.said(english) == portuguese
    with client.application.test_request_context():
        assert language.said(english) == english


def test_a_time_is_written_as_its_reader_does_and_names_its_zone(
    client: FlaskClient,
) -> None:
    with client.application.test_request_context():
        assert language.minute(NOW) == "20 Nov 2026, 14:32 UTC"
    with client.application.test_request_context(headers=PORTUGUESE):
        assert language.minute(NOW) == "20 de nov. de 2026, 14:32 UTC"
