"""A worker beside what a test does."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Thread

from portal import config
from portal.delivery.graph import Graph
from portal.delivery.transport import Transport
from portal.delivery.worker import Worker


@contextmanager
def working(by: Mapping[str, Transport] | None = None) -> Iterator[None]:
    """Let a worker send what is due, by Graph unless told otherwise."""
    worker = Worker(dict(by or {"graph": Graph(config.current().graph_url)}))
    thread = Thread(target=worker.run)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join()
