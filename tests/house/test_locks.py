"""The locks pin by hash what the project asks for, and no place to get it from."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
GROUPS = {"requirements.lock": ("build",), "dev.lock": ("build", "dev")}


@pytest.mark.parametrize("lock", GROUPS)
def test_a_lock_holds_what_the_project_asks_for(lock: str) -> None:
    pinned = versions(lock)
    amiss = [
        str(one)
        for one in asked(lock)
        if not one.specifier.contains(pinned.get(canonicalize_name(one.name), "0"))
    ]

    assert amiss == []


@pytest.mark.parametrize("lock", GROUPS)
def test_a_lock_pins_by_hash_and_names_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    loose = [
        pin
        for pin in re.split(r"\n(?=\S)", text.strip())
        if "==" not in pin or "--hash=sha256:" not in pin
    ]

    assert loose == []
    assert "://" not in text


def test_both_locks_pin_the_same() -> None:
    assert versions("requirements.lock").items() <= versions("dev.lock").items()


def asked(lock: str) -> list[Requirement]:
    settings: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lines = [*settings["project"]["dependencies"]]
    for group in GROUPS[lock]:
        lines += settings["dependency-groups"][group]
    return [Requirement(line) for line in lines if isinstance(line, str)]


def versions(lock: str) -> dict[str, str]:
    pins = re.findall(r"^(\S+?)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE)
    return dict(pins)
