"""What stands around the sources agrees with itself: make, CI, pages to read."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Words that only the address of a package index, or a place on somebody's own machine,
# contains: neither holds for whoever clones this.
ADDRESS = re.compile(
    r"\b(?:pypi|pythonhosted|npmjs|registry)\.[a-z]|/(?:root|home/\w+|Users/\w+)/"
)


@pytest.mark.parametrize("file", [".ci/run", "README.md", "CONTRIBUTING.md"])
def test_make_knows_what_it_is_asked_for(file: str) -> None:
    makefile = (ROOT / "Makefile").read_text()

    assert called(file)
    assert called(file) <= set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))


def test_ci_tests_as_the_readme_says_and_checks() -> None:
    assert {"run", "test"} <= called("README.md")
    assert {"test", "check"} <= called(".ci/run")
    assert "export CI=" in (ROOT / ".ci/run").read_text()


def test_the_changelog_has_room_for_what_comes() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()

    assert re.findall(r"^## (.+)$", text, re.MULTILINE)[0] == "Unreleased"


def test_no_file_names_a_package_index_or_a_place_on_somebodys_machine() -> None:
    telling = {
        str(file.relative_to(ROOT)): found.group()
        for file in committed()
        if (found := ADDRESS.search(file.read_text(errors="ignore")))
    }

    assert telling == {}


def called(file: str) -> set[str]:
    """Return the targets a file asks for, in its code or between backticks."""
    asked = re.findall(
        r"(?:^ *|`)make ([a-z ]+)", (ROOT / file).read_text(), re.MULTILINE
    )
    return set(" ".join(asked).split())


def committed() -> list[Path]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    names = listed.stdout.decode().split("\0")
    return [ROOT / name for name in names if (ROOT / name).is_file()]
