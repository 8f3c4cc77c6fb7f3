"""What is wrong with a message, in words for whoever wrote it, without its values."""

import re
from collections.abc import Mapping, Sequence

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from portal.errors import Problem

MOST_RECIPIENTS = 500  # Exchange Online's default for To, Cc and Bcc together
MOST_PROBLEMS = 1000  # nobody reads on; a body of 5 MB may hold half a million
_REASONS = {
    "missing": "is missing",
    "extra_forbidden": "unknown field",
    "string_type": "must be text",
    "string_unicode": "must be valid Unicode text",
    "string_too_short": "must not be empty",
    "string_too_long": "must not be longer than {max_length} characters",
    "too_long": "must not have more than {max_length} entries",
    "dict_type": "must be an object of names and texts",
    "mapping_type": "must be an object of names and texts",
    "model_type": "must be an object",
    "tuple_type": "must be a list",
    "literal_error": "must be one of {expected}",
}
_LONGEST_NAME = 76


def problems(error: ValidationError, given: Mapping[str, object]) -> list[Problem]:
    """Return what pydantic found, each field spelled as in what was given."""
    details = error.errors(include_url=False, include_input=False)[:MOST_PROBLEMS]
    return [
        Problem(field=_spelled(detail["loc"], given), reason=_reason(detail))
        for detail in details
    ]


def overlong(name: str, value: object, most: int) -> list[Problem]:
    """Return what is wrong with a list or an object of so many entries."""
    if not isinstance(value, list | tuple | Mapping) or len(value) <= most:
        return []
    reason = _REASONS["too_long"].format(max_length=most)
    return [Problem(field=name, reason=reason)]


def crowd(count: int) -> list[Problem]:
    """Return what is wrong with so many recipients in to, cc and bcc together."""
    if count == 0:
        reason = "at least one recipient is needed in to, cc or bcc"
    elif count > MOST_RECIPIENTS:
        reason = f"to, cc and bcc have more than {MOST_RECIPIENTS} recipients"
    else:
        return []
    return [Problem(field="to", reason=reason)]


def _reason(detail: ErrorDetails) -> str:
    context = detail.get("ctx", {})
    if detail["type"] == "value_error":
        return str(context["error"])
    return _REASONS.get(detail["type"], "is not valid").format(**context)


def _spelled(loc: Sequence[str | int], given: object) -> str:
    spelled = ""
    for step in loc:
        if isinstance(step, int):
            # `to="a@b.example"` is a list of one to us, but not to its writer.
            spelled += f"[{step}]" if isinstance(given, list | tuple) else ""
        elif step != "[key]":
            spelled += f".{shown(step)}"
        given = _below(given, step)
    return spelled.removeprefix(".") or "message"


def shown(name: str) -> str:
    """Return a name given from outside, fit for a line of the log."""
    return re.sub(r"[^!-~]", "?", name[:_LONGEST_NAME])


def _below(given: object, step: str | int) -> object:
    if isinstance(given, Mapping):
        return given.get(step)
    if isinstance(given, list | tuple) and isinstance(step, int):
        return given[step]
    return None
