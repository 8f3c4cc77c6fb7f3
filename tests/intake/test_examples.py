"""The examples of docs/api.md do what they say, in every language that is here."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from portal import config
from portal.app import create_app
from portal.config import Config
from tests import powershell, stored
from tests.absent import lacking
from tests.intake.conftest import bearer
from tests.serving import listen, served

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
MAIL = b"To: ann@example.org\r\nSubject: Hello\r\n\r\nIt works.\r\n"
# By what each language is run, under which name, and how many messages it sends.
LANGUAGES = {
    "sh": (["sh", "-e"], "curl", "example.sh", 3),
    "python": ([sys.executable], sys.executable, "example.py", 2),
    "js": (["node"], "node", "example.mjs", 2),
    "powershell": (["pwsh", "-File"], "pwsh", "example.ps1", 2),
}
# Without this it goes on after an error.
STRICT = {"powershell": "$ErrorActionPreference = 'Stop'"}


@pytest.fixture
def place(house: Config, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Serve a portal; give the environment that the examples expect."""
    with listen() as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config.use(replace(house, base_url=url))
        key = bearer("reports").removeprefix("Bearer ")
        with served(create_app(config.current()), listener):
            yield os.environ | {"MAIL_PORTAL": url, "MAIL_KEY": key}


def examples(language: str) -> str:
    """Return all examples of a language, in the order of the page."""
    blocks = re.findall(
        rf"^```{language}\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL
    )
    assert len(blocks) > 1
    return "\n".join([STRICT.get(language, ""), *blocks])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_examples_run(place: dict[str, str], tmp_path: Path, language: str) -> None:
    command, needed, name, count = LANGUAGES[language]
    if shutil.which(needed) is None and needed == "pwsh":
        pytest.skip("pwsh is not installed; its grammar alone is read.")
    if shutil.which(needed) is None:
        lacking(f"{needed} is not installed; as root, `make mailers` does it.")
    (tmp_path / name).write_text(examples(language))
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.7\n")
    (tmp_path / "mail.eml").write_bytes(MAIL)

    ran = subprocess.run(
        [*command, name],
        env=place,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert stored.rows("message") == count


def test_the_powershell_is_well_formed() -> None:
    # Where there is no PowerShell to run it, at least its grammar has read it.
    assert powershell.well_formed(examples("powershell"))


def test_every_language_of_the_page_is_tried() -> None:
    named = set(re.findall(r"(?m)^```(\w+)$", PAGE.read_text()))

    assert named - {"json"} == LANGUAGES.keys()
