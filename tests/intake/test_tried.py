"""A tester that nobody here wrote tries the served API by what it says of itself."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from portal.app import create_app
from portal.config import Config
from tests import stored
from tests.intake.conftest import bearer
from tests.serving import served

FOLDER = Path(__file__).parent / "schemathesis"
ITS_OWN = {
    "SCHEMATHESIS_HOOKS": "tests.intake.schemathesis.hooks",
    "PYTHONPATH": str(FOLDER.parents[2]),
}
PROGRAM = Path(sys.executable).with_name("schemathesis")


@pytest.mark.timeout(300)  # seconds, where the processor is shared
def test_schemathesis_finds_nothing(house: Config, tmp_path: Path) -> None:
    key = bearer("a tester")
    settings = ["--config-file", str(FOLDER / "settings.toml")]
    shown = ["--header", f"Authorization: {key}", "--no-color", "--continue-on-failure"]

    with served(create_app(house)) as url:
        ran = subprocess.run(
            [PROGRAM, *settings, "run", *shown, f"{url}/api/v1/openapi.json"],
            env=os.environ | ITS_OWN,
            cwd=tmp_path,  # it keeps things where it runs
            capture_output=True,
            text=True,
            check=False,
        )

    assert ran.returncode == 0, ran.stdout
    assert key.removeprefix("Bearer ") not in ran.stdout + ran.stderr
    assert stored.rows("message") > 300
