"""The notebook: what a machine knows to be wrong, in a file that needs no database.

Many processes write it, one at a time: its folder is locked meanwhile, and the file is
replaced as a whole. It holds times and what is to be told, and nothing secret.
"""

import fcntl
import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from portal.watch.outside import record
from portal.watch.outside.record import Record
from portal.workspace.incidents import Kind

NAME = "troubles"
ILLEGIBLE = (ValueError, KeyError, TypeError, AttributeError)

log = logging.getLogger(__name__)


@contextmanager
def opened(instance: Path) -> Iterator[dict[Kind, Record]]:
    """Hand out what is known, to be changed by nobody else; keep what comes of it."""
    folder = os.open(instance, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        before = _read(instance / NAME)
        known = dict(before)
        yield known
        if known != before:
            _keep(instance / NAME, known)
    finally:
        os.close(folder)


def _read(path: Path) -> dict[Kind, Record]:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return {Kind(kind): record.read(each) for kind, each in said.items()}
    except FileNotFoundError:
        return {}
    except ILLEGIBLE:
        log.warning("%s is illegible, and begun anew.", path)
        return {}


def _keep(path: Path, known: Mapping[Kind, Record]) -> None:
    if not known:
        return path.unlink(missing_ok=True)
    # Only who holds the lock writes a draft; what a killed one left is overwritten.
    draft = path.with_name(f"{NAME}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    with os.fdopen(os.open(draft, flags, 0o600), "w", encoding="utf-8") as file:
        json.dump(
            {kind: asdict(each) for kind, each in known.items()}, file, default=str
        )
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return None
