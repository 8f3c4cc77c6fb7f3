"""The language of a page: English as it is written, Portuguese from its catalogue.

Reasons are made where no page is known, and kept in English. A page finds them in the
catalogue by their words, and `tests/web/sentences.py` sees to it that they are there.
"""

import re
from datetime import UTC, datetime, time
from datetime import date as Day  # noqa: N812 - here it is a verb
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_time
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_compact_decimal, format_decimal
from babel.support import NullTranslations, Translations
from flask import Flask, Response, has_request_context, request
from markupsafe import Markup
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

CATALOGUES = Path(__file__).parent.parent / "translations"
LOCALES = {"en": "en", "pt": "pt_BR"}  # by the first part of what a browser asks for

# Of English without a country the month would come first.
DATES = {"en": "d MMM y", "pt_BR": "medium"}
ROOMY = 10_000  # from here on a number is long
RECENT = 4096  # numbers and times that are written again without working them out
HOLE = re.compile(r"%\((\w+)\)s")
VALUE = r"(?:(?![.!?] ).)+?"  # it never is more than one sentence
ESCAPED_HOLE = re.compile(r"%\\\((\w+)\\\)s")  # as `re.escape` writes it
SENTENCE_END = re.compile(r"(?<=[.!?]) ")


def init_app(app: Flask) -> None:
    """Give every template `_`, `ngettext`, `said`, and words for numbers and times."""
    for locale in LOCALES.values():
        _catalogue(locale)
    app.jinja_env.filters["said"] = said
    # Jinja's own extension would copy the variables of a loop for each text in it.
    app.jinja_env.globals.update(
        _=_text,
        ngettext=_counted,
        number=number,
        short=short,
        date=date,
        minute=minute,
        hour=hour,
        language_tag=language_tag,
        N_=str,  # gettext's mark of a word that is said elsewhere
    )
    app.after_request(_label)


def gettext(message: str) -> str:
    """Say it in the language of whoever asks; outside of a request, in English."""
    return _catalogue(language()).ugettext(message)


def ngettext(singular: str, plural: str, count: int) -> str:
    """Like `gettext`, in the form that fits the count."""
    return _catalogue(language()).ungettext(singular, plural, count)


def _text(message: str, /, **values: object) -> Markup:
    """Say a text of a template, which may hold tags; its values may not."""
    return Markup(gettext(message)) % values  # noqa: S704 - ours, or a translator's


def _counted(singular: str, plural: str, number: int, /, **values: object) -> Markup:
    """Say the same in the form that fits the number."""
    return Markup(ngettext(singular, plural, number)) % values  # noqa: S704 - likewise


def said(sentence: object) -> str:
    """Say in the language of the page what was put into English before it was asked.

    What the catalogue does not know stays as it is, and so do the values in it.
    """
    english = str(sentence)
    return (english and _said(english, language())) or english


def number(value: int) -> str:
    """Write a number the way its reader does."""
    return _number(value, language())


def short(value: int) -> str:
    """Write a number so that it needs little room: thousands become a word."""
    if value < ROOMY:
        return number(value)
    return format_compact_decimal(value, locale=language(), fraction_digits=1)


def date(at: datetime) -> str:
    """Write a day the way its reader does."""
    return _date(at.date(), language())


def minute(at: datetime) -> str:
    """Write a time to the minute, with its zone: all of ours are UTC."""
    return f"{date(at)}, {hour(at)}"


def hour(at: datetime) -> str:
    """Write a time of a day that is known, with its zone."""
    return _hour(at.hour, at.minute, language())


@lru_cache(maxsize=RECENT)
def _number(value: int, locale: str) -> str:
    return format_decimal(value, locale=locale)


@lru_cache(maxsize=RECENT)
def _date(day: Day, locale: str) -> str:
    return format_date(day, DATES[locale], locale=locale)


@lru_cache(maxsize=RECENT)
def _hour(hour: int, minute: int, locale: str) -> str:
    return format_time(time(hour, minute, tzinfo=UTC), "HH:mm z", locale=locale)


def language() -> str:
    """The locale of this request: the first we speak of those the browser asks for."""
    if not has_request_context():
        return "en"
    # Not by `request.headers`, which is slower: a page asks some hundred times.
    return _spoken(request.environ.get("HTTP_ACCEPT_LANGUAGE", ""))


@lru_cache(maxsize=64)
def _spoken(asked: str) -> str:
    tags = parse_accept_header(asked, LanguageAccept)
    languages = (tag.partition("-")[0].lower() for tag, q in tags if q)
    return next((LOCALES[each] for each in languages if each in LOCALES), "en")


def language_tag() -> str:
    """The same for HTML and HTTP: `pt-BR`."""
    return language().replace("_", "-")


@cache
def _catalogue(locale: str) -> NullTranslations:
    if locale == "en":
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, _written(locale))
    compiled.seek(0)
    return Translations(compiled)


@cache
def _written(locale: str) -> Catalog:
    path = CATALOGUES / locale / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as source:
        return read_po(source, locale=Locale.parse(locale))


def _said(sentence: str, locale: str) -> str | None:
    """Say a sentence; of several that are not known together, one after the other."""
    if known := _known(sentence, locale):
        return known
    for end in reversed([found.start() for found in SENTENCE_END.finditer(sentence)]):
        if first := _known(sentence[:end], locale):
            rest = _said(sentence[end + 1 :], locale)
            return f"{first} {rest}" if rest else None
    return None


def _known(sentence: str, locale: str) -> str | None:
    """Say what stands in the catalogue, be it for the values in it."""
    texts = _texts(locale)
    if sentence in texts:
        return texts[sentence]
    for shape, translated in _shapes(locale):
        if found := shape.fullmatch(sentence):
            return _filled(translated, found.groupdict())
    return None


def _filled(text: str, values: dict[str, str]) -> str:
    return HOLE.sub(lambda hole: values[hole[1]], text)


@cache
def _texts(locale: str) -> dict[str, str]:
    """Give the translation of every text without a plural; English has none."""
    known = _written(locale) if locale != "en" else Catalog()
    return {
        message.id: message.string
        for message in known
        if isinstance(message.id, str) and isinstance(message.string, str)
    }


@cache
def _shapes(locale: str) -> list[tuple[re.Pattern[str], str]]:
    """Give a pattern for each sentence with values, those with most words first."""
    texts = _texts(locale)
    known = [
        english for english in texts if HOLE.search(english) and "<" not in english
    ]
    known.sort(key=lambda english: len(HOLE.sub("", english)), reverse=True)
    return [(_shape(english), texts[english]) for english in known]


def _shape(english: str) -> re.Pattern[str]:
    hole = rf"(?P<\1>{VALUE})"
    return re.compile(ESCAPED_HOLE.sub(hole, re.escape(english)))


def _label(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.content_language.add(language_tag())
        response.vary.add("Accept-Language")
    return response
