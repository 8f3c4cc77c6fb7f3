"""What may stand in the header of a mail: one line, and no field that is ours."""

import re
from dataclasses import dataclass

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

# Control characters, and whatever some library takes for the end of a line.
NOT_IN_LINE = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
_BREAKS = re.compile(f"[{NOT_IN_LINE}]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_NAME = "[!-9;-~]{1,76}"  # RFC 5322 section 3.6.8, with room for a value

_BY_SERVERS = "is written by the mail servers on the way"
_OURS = "is reserved"
_MADE = "is made from text, html and attachments"
_FORBIDDEN = {
    "from": "use the field from instead",
    "sender": "use the field from instead",
    "to": "use the field to instead",
    "cc": "use the field cc instead",
    "bcc": "use the field bcc instead",
    "reply-to": "use the field reply_to instead",
    "subject": "use the field subject instead",
    "importance": "use the field priority instead",
    "priority": "use the field priority instead",
    "x-priority": "use the field priority instead",
    "x-msmail-priority": "use the field priority instead",
    "date": "is set when the message is accepted",
    "message-id": "is set when the message is accepted",
    "return-path": "use the field from instead: answers of servers go there",
    "received": _BY_SERVERS,
    "dkim-signature": _BY_SERVERS,
    "authentication-results": _BY_SERVERS,
    "mime-version": _MADE,
    "x-original-to": _OURS,
}
_FORBIDDEN_BEGINNINGS = {
    "content-": _MADE,
    "arc-": _BY_SERVERS,
    "resent-": "send a new message instead",
    "x-portal-": _OURS,
}


@dataclass(frozen=True)
class Pattern:
    """How a text that will do is made, for the description; its check is in words.

    A regular expression that JSON Schema and Python understand alike.
    """

    text: str

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(schema) | {"pattern": self.text}


ONE_LINE = Pattern(f"^[^{NOT_IN_LINE}]*$")
HEADER_NAME = Pattern(f"^{_NAME}$")


def one_line(text: str) -> str:
    """Return the text if a header can hold it, else raise ValueError."""
    if _BREAKS.search(text):
        raise ValueError("must not contain line breaks or control characters")
    return unicode(text)


def unicode(text: str) -> str:
    """Return the text if it can be encoded, else raise ValueError."""
    if _SURROGATES.search(text):
        raise ValueError("must be valid Unicode text")
    return text


def header_name(name: str) -> str:
    """Return the name if a message may set this header, else raise ValueError."""
    if not re.fullmatch(_NAME, name):
        raise ValueError("a header name is 1 to 76 ASCII characters without space or :")
    lower = name.lower()
    beginnings = [
        why for start, why in _FORBIDDEN_BEGINNINGS.items() if lower.startswith(start)
    ]
    for why in [*beginnings, _FORBIDDEN.get(lower)]:
        if why:
            raise ValueError(f"this header {why}" if why.startswith("is") else why)
    return name
