"""Each contract of pyproject.toml is broken once on purpose, and has to bark."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

# A contract, and an import that it has to refuse.
BREACHES = [
    ("floors", "portal.clock", "portal.accept"),
    ("floors", "portal.mail.breach", "portal.accept"),
    ("floors", "portal.mail.breach", "portal.microsoft.breach"),
    ("floors", "portal.issuer.breach", "portal.microsoft.breach"),
    ("floors", "portal.intake.breach", "portal.delivery.breach"),
    ("floors", "portal.delivery.breach", "portal.watch.breach"),
    ("floors", "portal.watch.breach", "portal.delivery.breach"),
    ("floors", "portal.web.breach", "portal.app"),
    ("floors", "portal.sandbox.breach", "portal.clock"),
    ("front-door", "portal.accept", "portal"),
    ("sandbox", "portal.delivery.breach", "portal.sandbox.breach"),
    ("sqlalchemy", "portal.web.breach", "sqlalchemy"),
    ("alembic", "portal.supervise", "alembic"),
    ("requests", "portal.microsoft.breach", "requests"),
    ("authlib", "portal.workspace.breach", "authlib"),
    ("joserfc", "portal.web.breach", "joserfc"),
    ("cryptography", "portal.mail.breach", "cryptography"),
    ("aiosmtpd", "portal.intake.breach", "aiosmtpd"),
    ("smtplib", "portal.mail.breach", "smtplib"),
    ("flask", "portal.mail.breach", "flask"),
    ("babel", "portal.mail.breach", "babel"),
    ("pydantic", "portal.intake.breach", "pydantic"),
    ("prometheus", "portal.web.breach", "prometheus_client"),
    ("gunicorn", "portal.web.breach", "gunicorn"),
    ("click", "portal.web.breach", "rich"),
]


@pytest.fixture(scope="module")
def barks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Break everything at once in a copy; return what each contract says to it."""
    copy = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "portal", copy / "portal")
    shutil.copy(ROOT / "pyproject.toml", copy)
    ring = [("portal.workspace.one", "portal.workspace.two")]
    ring += [(second, first) for first, second in ring]
    for importer, imported in [*(breach[1:] for breach in BREACHES), *ring]:
        add_import(copy, importer, imported)

    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=copy,
        env={"COLUMNS": "500"},
        capture_output=True,
        text=True,
        check=False,
    )
    report = done.stdout.partition("Broken contracts")[2]
    return {id_: section(report, name) for id_, name in contracts().items()}


def add_import(copy: Path, importer: str, imported: str) -> None:
    for module in (imported, importer):
        if module.startswith("portal."):
            path = copy / (module.replace(".", "/") + ".py")
            path.parent.mkdir(exist_ok=True)
            (path.parent / "__init__.py").touch()
            path.touch()
    with path.open("a") as file:
        file.write(f"\nimport {imported}\n")


def contracts() -> dict[str, str]:
    settings: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
    listed = settings["tool"]["importlinter"]["contracts"]
    return {contract["id"]: contract["name"] for contract in listed}


def section(report: str, name: str) -> str:
    """Return what stands under a heading, up to the next one."""
    return report.partition(f"\n{name}\n---")[2].partition("\n---")[0]


@pytest.mark.parametrize(("contract", "importer", "imported"), BREACHES)
def test_a_contract_names_the_import_that_breaks_it(
    barks: dict[str, str], contract: str, importer: str, imported: str
) -> None:
    assert f"{importer} -> {imported} " in barks[contract]


def test_a_circle_is_found_in_its_folder(barks: dict[str, str]) -> None:
    assert "No cycles are allowed in portal.workspace." in barks["circles"]


def test_every_contract_is_tried() -> None:
    assert {contract for contract, _, _ in BREACHES} | {"circles"} == set(contracts())
