"""The sentences that pages show and others make: workspace, Microsoft, mail, delivery.

Whatever ends with a full stop there is a sentence, and what an error says of itself by
default. A value in it is a hole that bears the value's name.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from portal.explanations import EVERY, Place, Who
from tests.web import CHECKOUT

FOLDER = CHECKOUT / "portal"
SOURCES = (
    "errors.py",
    "explanations/**/*.py",
    "net/*.py",
    "issuer/*.py",
    "microsoft/**/*.py",
    "google/*.py",
    "workspace/**/*.py",
    "mail/*.py",
    *(
        f"mail/{folder}/*.py"
        for folder in ("journal", "outbox", "outbox/records", "lanes")
    ),
    "delivery/graph/*.py",
    "delivery/outcome/*.py",
    "delivery/parcels.py",
    "delivery/smtp/*.py",
    "submission/*.py",
    "intake/test_mail.py",
    "watch/alerts/*.py",
    "watch/verify/*.py",
)
# What these say is for a terminal.
ELSEWHERE = {FOLDER / "workspace/house.py", FOLDER / "workspace/keeping/backup.py"}
# What these are told is for the terminal, the log, or for nobody.
UNSEEN = {"ConfigError", "TimeoutError", "ValueError", "log"}
ERROR = re.compile(
    "Error|Refused|Not[A-Z]|Conflict|Too[A-Z]|Ended|Failed|Needed|Away|Decrypt"
    "|Unreachable|Deferred|Rejected|Withheld|Unsure|Invalid"
)


def every() -> Iterator[tuple[str, str]]:
    """Give each with the file that makes it."""
    for pattern in SOURCES:
        for path in sorted({*FOLDER.glob(pattern)} - ELSEWHERE):
            where = path.relative_to(CHECKOUT).as_posix()
            yield from ((where, said) for said in _made(path))
    names = (each.called for kind in (Who, Place) for each in kind if each)
    titles = (row.title for row in EVERY.values())
    yield from (("portal/explanations", words) for words in (*titles, *names))


def _made(path: Path) -> Iterator[str]:
    yield from _below(ast.parse(path.read_text()))


def _below(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call) and _called(node.func) in UNSEEN:
        return
    if isinstance(node, ast.ClassDef):
        yield from _default(node)
    for child in ast.iter_child_nodes(node):
        if _is_docstring(child):
            continue
        text = _text(child)
        if text is None:
            yield from _below(child)
        elif text.endswith(".") and " " in text:
            yield text


def _default(node: ast.ClassDef) -> Iterator[str]:
    """Give what an error says when nobody says more: its docstring."""
    bases = " ".join(map(ast.unparse, node.bases))
    told = "Explained" in bases or _told(node)
    if ERROR.search(bases) and node.name != "ConfigError" and not told:
        yield ast.get_docstring(node) or ""


def _told(error: ast.ClassDef) -> bool:
    """Tell whether it always makes a sentence of its own, of what it is given."""
    made = (each for each in error.body if isinstance(each, ast.FunctionDef))
    calls = (each for body in made for each in ast.walk(body))
    return any(
        isinstance(each, ast.Call)
        and ast.unparse(each.func) == "super().__init__"
        and each.args != []
        and not isinstance(each.args[0], ast.Name)
        for each in calls
    )


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _called(function: ast.expr) -> str:
    while isinstance(function, ast.Attribute):
        function = function.value
    return function.id if isinstance(function, ast.Name) else ""


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.sub(r"{(\w+)}", r"%(\1)s", node.value)  # for `format`
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(value) or _hole(value) for value in node.values)
    return None


def _hole(node: ast.expr) -> str:
    value = node.value if isinstance(node, ast.FormattedValue) else node
    if isinstance(value, ast.Call) and value.args:
        value = value.args[0]  # what is joined bears the name
    name = value.attr if isinstance(value, ast.Attribute) else ast.unparse(value)
    return f"%({name})s"
