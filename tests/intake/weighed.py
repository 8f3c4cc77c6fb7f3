"""How much memory something takes."""

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

LITTLE = 16 * 1024 * 1024  # bytes


@contextmanager
def in_little_memory() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < LITTLE
    finally:
        tracemalloc.stop()
