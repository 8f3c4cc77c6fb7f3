"""Who works on this machine: each worker holds a lock that ends with its process.

A lease says at the latest that a worker has vanished. On its own machine that is known
at once, however it went: the kernel has let go of its lock. So what it left is looked
up, and its slots are free, without waiting for the lease.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

NEW = ".new"
# It works still, or is gone already; what we may not open, the leases tell about.
NOT_OURS = (BlockingIOError, FileNotFoundError, PermissionError, IsADirectoryError)


def folder(instance: Path) -> Path:
    """Return where the locks of this machine's workers lie."""
    return instance / "workers"


@contextmanager
def present(folder: Path, name: str) -> Iterator[None]:
    """Be present under a name until the block, or the process, ends."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = folder / name
    draft = place.with_suffix(NEW)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        draft.rename(place)  # so that nobody sees it without its lock
        yield
    finally:
        with suppress(FileNotFoundError):
            place.unlink()
        os.close(descriptor)


def bury(folder: Path, settle: Callable[[str], None]) -> None:
    """Call `settle` with the name of each worker that is gone, then forget it.

    When `settle` raises, the worker is remembered for the next time.
    """
    for place in _others(folder):
        with suppress(*NOT_OURS), place.open("rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            settle(place.name)
            place.unlink()


def count(folder: Path) -> int:
    """Count the workers that are there."""
    return sum(_works(place) for place in _others(folder))


def _works(place: Path) -> bool:
    try:
        with place.open("rb") as held:
            fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except (FileNotFoundError, PermissionError, IsADirectoryError):
        pass
    return False


def _others(folder: Path) -> list[Path]:
    with suppress(FileNotFoundError):
        return [path for path in folder.iterdir() if path.suffix != NEW]
    return []
