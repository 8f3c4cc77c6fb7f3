"""The pages and the HTTP API as a process."""

from functools import partial

from portal import db, net
from portal.app import create_app
from portal.commands.process import part
from portal.config import Config
from portal.serve import Server
from portal.workspace import house

WEB_PROCESSES = 2


@part(net.check)
def web(settings: Config) -> None:
    """Serve the pages and the HTTP API."""
    house.open_up(settings)
    db.disconnect()  # each process behind the server opens it for itself
    Server(partial(create_app, settings), settings.web_bind, WEB_PROCESSES).run()
