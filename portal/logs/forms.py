"""How a line looks: as text for people, or as JSON for programs."""

import json
import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime

ALSO = "also"  # what a record brings beside its sentence


class Text(logging.Formatter):
    """For people: the time in UTC, the part, the level, the message."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self, part: str) -> None:
        form = "%(asctime)s %(part)s %(levelname)s %(message)s"
        super().__init__(form, defaults={"part": part})

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        said = [f"{name}={value}" for name, value in _also(record).items()]
        # Nobody who is quoted in a message can add a line of his own.
        line = " ".join([super().formatMessage(record), *said])
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
            **_also(record),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


def _also(record: logging.LogRecord) -> Mapping[str, object]:
    found: Mapping[str, object] = getattr(record, ALSO, {})
    return found
