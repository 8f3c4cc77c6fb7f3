"""What the processes say: one line a record, as text or as JSON.

It goes to standard output, and to a log file of each part. Only a traceback takes more
lines than one, and only as text.
"""

import logging
import sys
from pathlib import Path

from portal.logs.files import File
from portal.logs.forms import ALSO as ALSO
from portal.logs.forms import Json, Text
from portal.logs.outlet import Outlet

FOLDER = "logs"
# What these say is said better by us; urllib3 would even tell addresses with tokens.
TALKATIVE = ("alembic", "urllib3")


def begin(part: str, form: str, instance: Path) -> None:
    """Log from now on, each line under the name of this part."""
    formatter = Json(part) if form == "json" else Text(part)
    handlers: list[logging.Handler] = [
        logging.StreamHandler(File(instance / FOLDER / f"{part}.log"))
    ]
    if sys.stdout is not None:  # it may have been closed before we were started
        handlers.append(Outlet(sys.stdout.fileno()))
    for handler in handlers:
        handler.setFormatter(formatter)
    logging.basicConfig(level=logging.INFO, handlers=handlers, force=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.ERROR)
