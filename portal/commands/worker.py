"""The worker as a process."""

import signal

from portal.commands.process import part
from portal.config import Config
from portal.delivery.graph import Graph
from portal.delivery.worker import Worker
from portal.workspace import accounts, house


@part
def worker(settings: Config) -> None:
    """Send what is due, until SIGTERM; then finish what has begun."""
    house.open_up(settings)
    working = Worker({accounts.GRAPH: Graph(settings.graph_url)})
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: working.stop())
    working.run()
