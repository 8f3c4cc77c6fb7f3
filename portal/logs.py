"""What the processes say: one line a record, as text or as JSON, on standard error."""

import json
import logging
from datetime import UTC, datetime

# What these say is said better by us; urllib3 would even tell addresses with tokens.
TALKATIVE = ("alembic", "urllib3")
TEXT = "%(asctime)s %(part)s %(levelname)s %(message)s"


def begin(part: str, form: str) -> None:
    """Log to standard error from now on, each line under the name of this part."""
    handler = logging.StreamHandler()
    handler.setFormatter(Json(part) if form == "json" else _text(part))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.ERROR)


def _text(part: str) -> logging.Formatter:
    return logging.Formatter(TEXT, defaults={"part": part})


class Json(logging.Formatter):
    """One JSON object a line."""

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
