"""The worker as a process, and the watches beside it."""

import signal
import threading

from portal import net
from portal.commands.process import part
from portal.config import Config
from portal.delivery.graph import Graph
from portal.delivery.smtp import Smtp
from portal.delivery.transport import Transport
from portal.delivery.worker import Worker
from portal.watch.outside.lookout import Lookout
from portal.watch.rounds import ALERTS, LOOK, Duty, Watch
from portal.workspace import accounts, house


@part(net.check)
def worker(settings: Config) -> None:
    """Send what is due, until SIGTERM; then finish what has begun."""
    lookout = Lookout(settings)
    with lookout.opening():
        house.open_up(settings)
    transports: dict[str, Transport] = {
        accounts.GRAPH: Graph(settings.graph_url),
        accounts.SMTP: Smtp(),
    }
    working = Worker(transports)
    outside = Duty(do=lookout.look, every=LOOK)
    watches = {
        "watch": Watch(),
        "alerts": Watch(ALERTS),
        "outside": Watch([outside], keyless=True),
    }

    def stop(*_: object) -> None:
        working.stop()
        for watch in watches.values():
            watch.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    beside = [
        threading.Thread(target=watch.run, name=name, daemon=True)
        for name, watch in watches.items()
    ]
    for thread in beside:
        thread.start()
    working.run()
    for thread in beside:
        thread.join()
