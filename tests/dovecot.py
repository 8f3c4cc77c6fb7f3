"""A real Dovecot of a test's own that knows one user, for a mail server to ask.

`make mailers` installs it where it may; it runs as root alone, as everywhere.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.absent import lacking
from tests.journeys.running import eventually

NEEDED = "Dovecot 2.3 is not installed, or we are not root; see `make mailers`."
USER = "reports@contoso.example"
SETTINGS = """
base_dir = {folder}/run
state_dir = {folder}
log_path = {folder}/log
protocols =
ssl = no
auth_mechanisms = plain login
auth_failure_delay = 0
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
service auth {{
  unix_listener asked {{
    mode = 0666
  }}
}}
"""
ROOTS = f"{os.defpath}:/usr/sbin:/sbin"


@contextmanager
def knowing(folder: Path, password: str) -> Iterator[Path]:
    """Run it in a new folder until the block ends; give the socket it is asked by."""
    program = _program()
    folder.mkdir()
    (folder / "users").write_text(f"{USER}:{password}\n")
    settings = folder / "dovecot.conf"
    settings.write_text(SETTINGS.format(folder=folder))
    socket = folder / "run" / "asked"
    with subprocess.Popen([program, "-F", "-c", settings]) as process:
        try:
            eventually(socket.exists)
            yield socket
        finally:
            process.terminate()


def _program() -> str:
    program = shutil.which("dovecot", path=ROOTS)
    if program is None or os.geteuid() != 0:
        lacking(NEEDED)
    told = subprocess.run([program, "--version"], capture_output=True, check=True)
    if not told.stdout.startswith(b"2.3."):  # 2.4 writes its settings otherwise
        pytest.skip(NEEDED)
    return program
