"""What the processes say: one line a record, as text or as JSON, on standard error.

Only a traceback takes more lines than one, and only as text.
"""

import json
import logging
import time
from datetime import UTC, datetime

# What these say is said better by us; urllib3 would even tell addresses with tokens.
TALKATIVE = ("alembic", "urllib3")


def begin(part: str, form: str) -> None:
    """Log to standard error from now on, each line under the name of this part."""
    handler = logging.StreamHandler()
    handler.setFormatter(Json(part) if form == "json" else Text(part))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.ERROR)


class Text(logging.Formatter):
    """For people: the time in UTC, the part, the level, the message."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self, part: str) -> None:
        form = "%(asctime)s %(part)s %(levelname)s %(message)s"
        super().__init__(form, defaults={"part": part})

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        # Nobody who is quoted in a message can add a line of his own.
        line = super().formatMessage(record)
        return line.replace("\r", "\\r").replace("\n", "\\n")


class Json(logging.Formatter):
    """For programs: one JSON object a line."""

    def __init__(self, part: str) -> None:
        super().__init__()
        self.part = part

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "part": self.part,
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)
