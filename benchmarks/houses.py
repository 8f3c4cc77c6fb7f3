"""A house to measure: an empty database of its own, on SQLite or PostgreSQL."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from portal import config, db
from portal.config import Config
from portal.workspace import house
from tests import postgres

ENGINES = ("SQLite", "PostgreSQL")
# What a server does by default, and what durability costs.
DURABLE = "-c fsync=on -c full_page_writes=on -c synchronous_commit=on"


@contextmanager
def opened(engine: str, **more: str) -> Iterator[Config]:
    """Open a house until the block ends; nothing of it is left."""
    room = Path(tempfile.mkdtemp(prefix="portal-bench-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, room)
        environ = {"PORTAL_INSTANCE": str(room / "instance"), **more}
        if engine == "PostgreSQL":
            server = stack.enter_context(postgres.serve(options=DURABLE))
            environ["PORTAL_DATABASE_URL"] = stack.enter_context(server.database())
        config.use(config.read(environ))
        house.open_up(config.current())
        stack.callback(db.disconnect)
        yield config.current()
