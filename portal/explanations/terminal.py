"""An explanation at a terminal: the words of its page, in lines that fit."""

import shutil
import textwrap

from portal.explanations.row import Told

LABEL = 14  # columns
WIDEST = 88  # columns
# `click.echo` leaves these out of what goes to a file or another program.
BOLD, PLAIN = "\x1b[1m", "\x1b[0m"


def what(told: Told) -> str:
    """Say in one line what happened, beginning with some words for it."""
    headline = f"{BOLD}{told.headline}.{PLAIN} " if told.headline else ""
    return headline + told.why


def explained(told: Told, indent: str = "", first: str = "") -> list[str]:
    """Tell what happened and what ends it; `first` goes before all of it."""
    rest = indent + " " * len(first)
    plain = f"{told.headline}. {told.why}" if told.headline else told.why
    [head, *more] = folded(plain, indent + first, rest) or [indent + first]
    named = f"{told.headline}."
    if told.headline and named in head:
        head = head.replace(named, f"{BOLD}{named}{PLAIN}", 1)
    return [head, *more, *remedy(told, indent)]


def remedy(told: Told, indent: str = "") -> list[str]:
    """Tell what ends it, who does that and where, and what becomes of the mail."""
    lines: list[str] = []
    for number, step in enumerate(told.steps, 1):
        first = f"{indent}{'' if lines else 'What to do':<{LABEL}}{number}. "
        lines += folded(step, first, " " * len(first))
    if told.command:
        # In one line, however long: it is there to be copied.
        lines.append(f"{indent}{'Command':<{LABEL}}{told.command}")
    for label, text in _facts(told).items():
        first = f"{indent}{label:<{LABEL}}"
        lines += folded(text, first, " " * len(first)) if text else []
    return lines


def answered(raw: str, indent: str = "") -> list[str]:
    """Quote what the other side said, as it came."""
    lines: list[str] = []
    for each in raw.splitlines():
        first = f"{indent}{'' if lines else 'Answer':<{LABEL}}"
        lines += folded(each, first, " " * len(first))
    return lines


def folded(text: str, first: str, rest: str) -> list[str]:
    """Break a text into lines no wider than the terminal, but inside of no word."""
    return textwrap.wrap(
        text,
        min(WIDEST, shutil.get_terminal_size((WIDEST, 0)).columns),
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _facts(told: Told) -> dict[str, str]:
    return {
        "Who must act": told.who.called if told.who else "",
        "Where": told.where,
        "And the mail?": told.fate,
    }
