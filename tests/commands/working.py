"""A worker beside a command."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from portal import config
from portal.delivery.graph import Graph
from portal.delivery.worker import Worker


@contextmanager
def working() -> Iterator[None]:
    """Let a worker send what is due."""
    worker = Worker({"graph": Graph(config.current().graph_url)})
    thread = Thread(target=worker.run)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join()
