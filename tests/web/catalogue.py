"""Bring the catalogue up to date: python -m tests.web.catalogue.

New texts arrive without a translation, and the tests fail until they have one; texts no
page uses any more are dropped.
"""

from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from tests.web import CHECKOUT, sentences

PORTUGUESE = CHECKOUT / "portal" / "translations" / "pt_BR/LC_MESSAGES/messages.po"
SOURCES = {
    "templates": ("**.html", "jinja2.ext:babel_extract"),
    "portal/web": ("**.py", "python"),
}
HEADER = rb"""# Mail Portal in Portuguese of Brazil.
msgid ""
msgstr ""
"Language: pt_BR\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"

"""
OPTIONS = {"**.html": {"newstyle_gettext": "true", "silent": "false"}}


def used() -> Catalog:
    """Collect every text that pages and their code ask for, or are given."""
    catalogue = Catalog()
    for folder, method in SOURCES.items():
        found = extract_from_dir(CHECKOUT / folder, [method], OPTIONS)
        for name, _line, message, comments, context in found:
            where = Path(folder, name).as_posix()
            catalogue.add(
                message,
                locations=[(where, 1)],
                auto_comments=comments,
                context=context,
            )
    for where, sentence in sentences.every():
        catalogue.add(sentence, locations=[(where, 1)])
    return catalogue


def translated() -> Catalog:
    """Read the Portuguese catalogue."""
    with PORTUGUESE.open("rb") as source:
        return read_po(source, locale="pt_BR")


def write(catalogue: Catalog) -> None:
    text = BytesIO()
    write_po(
        text, catalogue, width=88, ignore_obsolete=True, include_lineno=False,
        sort_by_file=True, omit_header=True,
    )  # fmt: skip
    PORTUGUESE.write_bytes(HEADER + text.getvalue())


def main() -> None:
    catalogue = translated()
    catalogue.update(used(), no_fuzzy_matching=True, update_creation_date=False)
    write(catalogue)


if __name__ == "__main__":
    main()
