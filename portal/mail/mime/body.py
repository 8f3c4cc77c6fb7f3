"""Which parts of a mail are its body: an HTML, and a text that says the same.

Whatever else a mail shows goes beside them as a file where only one body is carried.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from portal.mail.mime.tree import Part, decoded

_PLAIN_SHAPES = {"multipart/mixed", "multipart/related", "multipart/alternative"}


@dataclass(frozen=True, kw_only=True)
class Body:
    """The parts that are the body; both None for a mail without words."""

    text: Part | None
    html: Part | None
    structures: tuple[str, ...]  # types of what is more than parts in a row: a report

    def holds(self, part: Part) -> bool:
        return part is self.text or part is self.html


def body(raw: bytes, root: Part, parts: Iterable[Part]) -> Body:
    """Choose among these parts of a mail: its first HTML, else its first text.

    What is chosen depends on nothing that is not chosen, so taking that out of the mail
    changes nothing.
    """
    shown = [part for part in parts if _shown(raw, part)]
    # Some programs give their body a name; then it is the only one there is.
    shown = [part for part in shown if not named(part)] or shown
    html = next((part for part in shown if part.type == "text/html"), None)
    texts = [part for part in shown if part.type == "text/plain"]
    if html is not None:
        forks = [part for part in root.walk() if _forks(part, html)]
        texts = [text for text in texts if any(_divides(f, text, html) for f in forks)]
    return Body(
        text=next(iter(texts), None),
        html=html,
        structures=tuple(part.type for part in root.walk() if _structured(part)),
    )


def filed(part: Part) -> bool:
    """Tell whether its sender calls a part a file."""
    name = part.parameter("filename", "content-disposition")
    named = part.disposition is not None and name is not None
    return part.disposition == "attachment" or named


def named(part: Part) -> bool:
    """Tell whether a part has a file name, in whichever field."""
    return part.file_name is not None


def blank(raw: bytes, part: Part) -> bool:
    """Tell whether there is nothing in a part that anybody could miss."""
    data = decoded(raw, part)
    return not (raw[part.body : part.end] if data is None else data).strip()


def _structured(part: Part) -> bool:
    return bool(part.children) and part.type not in _PLAIN_SHAPES


def _shown(raw: bytes, part: Part) -> bool:
    known = part.type in ("text/plain", "text/html")
    return known and not filed(part) and not blank(raw, part)


def _forks(part: Part, html: Part) -> bool:
    return part.type == "multipart/alternative" and _within(part, html)


def _divides(fork: Part, text: Part, html: Part) -> bool:
    """Tell whether one way of a fork is the text, another the HTML.

    RFC 2046 section 5.1.4
    """
    together = (_within(way, text) and _within(way, html) for way in fork.children)
    return _within(fork, text) and not any(together)


def _within(whole: Part, part: Part) -> bool:
    return whole.start <= part.start and part.end <= whole.end
