"""The language of a page: English as it is written, Portuguese from its catalogue."""

from functools import cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations
from flask import Flask, Response, has_request_context, request

CATALOGUES = Path(__file__).parent.parent / "translations"
LOCALES = {"en": "en", "pt": "pt_BR"}  # by the first part of what a browser asks for


def init_app(app: Flask) -> None:
    """Give every template `_`, `ngettext`, `number` and `language_tag`."""
    for locale in LOCALES.values():
        _catalogue(locale)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext, ngettext, newstyle=True
    )
    app.jinja_env.globals.update(number=number, language_tag=language_tag)
    app.after_request(_label)


def gettext(message: str) -> str:
    """Say it in the language of whoever asks; outside of a request, in English."""
    return _catalogue(language()).ugettext(message)


def ngettext(singular: str, plural: str, count: int) -> str:
    """Like `gettext`, in the form that fits the count."""
    return _catalogue(language()).ungettext(singular, plural, count)


def number(value: int) -> str:
    """Write a number the way its reader does."""
    return format_decimal(value, locale=language())


def language() -> str:
    """The locale of this request: the first we speak of those the browser asks for."""
    if not has_request_context():
        return "en"
    asked = (tag.partition("-")[0].lower() for tag, q in request.accept_languages if q)
    return next((LOCALES[tag] for tag in asked if tag in LOCALES), "en")


def language_tag() -> str:
    """The same for HTML and HTTP: `pt-BR`."""
    return language().replace("_", "-")


@cache
def _catalogue(locale: str) -> NullTranslations:
    if locale == "en":
        return NullTranslations()
    path = CATALOGUES / locale / "LC_MESSAGES" / "messages.po"
    compiled = BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=Locale.parse(locale)))
    compiled.seek(0)
    return Translations(compiled)


def _label(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.content_language.add(language_tag())
        response.vary.add("Accept-Language")
    return response
