"""The sources keep the size, the names and the manners that CONTRIBUTING asks for."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "portal").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
FROM_A_TEST = re.compile(r"(?m)^from tests\S*(\.test_\w+ import| import .*\btest_)")
LINES_PER_FILE = 300
FILES_PER_FOLDER = 8
# They say of what kind a file is, or nothing, but never what it is.
EMPTY_WORDS = {
    *("base", "common", "core", "handlers", "helper", "helpers", "manager", "managers"),
    *("misc", "models", "service", "services", "shared", "tools", "util", "utils"),
}


def test_no_file_is_longer_than_anybody_wants_to_read() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in [*SOURCES, *TESTS]
        if (lines := len(path.read_text().splitlines())) > LINES_PER_FILE
    }

    assert long == {}


def test_no_folder_holds_more_than_one_can_keep_in_mind() -> None:
    # The house itself has its ground and its roof in one folder, and the versions of a
    # schema only ever become more.
    open_ended = {ROOT / "portal", ROOT / "portal/migrations/versions"}
    folders = Counter(path.parent for path in SOURCES if path.name != "__init__.py")
    crowded = {
        str(folder.relative_to(ROOT)): files
        for folder, files in folders.items()
        if files > FILES_PER_FOLDER and folder not in open_ended
    }

    assert crowded == {}


def test_a_name_says_what_a_file_is() -> None:
    named = {part for path in SOURCES for part in path.relative_to(ROOT).parts}

    assert {name.removesuffix(".py") for name in named} & EMPTY_WORDS == set()


def test_annotations_are_what_they_say() -> None:
    future = f"from {'__future__'} import annotations"

    assert [path for path in [*SOURCES, *TESTS] if future in path.read_text()] == []


def test_what_tests_share_lies_beside_them() -> None:
    assert [path for path in TESTS if FROM_A_TEST.search(path.read_text())] == []
