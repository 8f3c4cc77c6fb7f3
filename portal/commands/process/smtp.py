"""The SMTP door as a process."""

import asyncio
import logging
import signal
import threading

from portal.commands.process import part
from portal.config import Config
from portal.intake.smtp import Server, certificate
from portal.watch.alerts.looking import Doorkeeper
from portal.watch.rounds import LOOK, Duty, Watch
from portal.workspace import house

LIBRARY = "mail.log"  # would repeat every command, and what stands in it


@part(certificate.check)
def smtp(settings: Config) -> None:
    """Take mail in by SMTP, until SIGTERM; then finish what came."""
    logging.getLogger(LIBRARY).disabled = True
    server = Server(settings)
    house.open_up(settings)
    watch = Watch([Duty(do=Doorkeeper().look, every=LOOK)])
    threading.Thread(target=watch.run, name="watch", daemon=True).start()
    asyncio.run(_serve(server))


async def _serve(server: Server) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await server.run(stop)
