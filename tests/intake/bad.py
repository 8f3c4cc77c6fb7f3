"""Bad messages, one table for all doors: what is wrong, and the field to be named."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

SECRET = "Kassandra"  # stands in every bad value; no answer may repeat it
BREAK = f"{SECRET}\r\nBcc: eve@example.com"
ONES_OWN = "admin@contoso.example"
FORBIDDEN = (
    *("From", "Sender", "Bcc", "bcc", "Received", "DKIM-Signature"),
    *("Content-Type", "Content-Transfer-Encoding", "content-id", "Content-X"),
)


@dataclass(frozen=True, kw_only=True)
class Bad:
    """A message that no door may let in, as JSON names its fields."""

    wrong: str
    field: str  # a door's answer names it, or begins with it
    fields: dict[str, Any]
    addressed: bool = True  # to somebody, beside what is wrong

    @property
    def message(self) -> dict[str, Any]:
        return {"to": "jane@example.com", **self.fields} if self.addressed else {}


def file(**label: Any) -> list[dict[str, Any]]:
    """Attach one file with something wrong about it."""
    return [{"name": "a.txt", "content": "aGVsbG8=", **label}]


def breaks() -> Iterator[Bad]:
    """Put a line break into every field."""
    named = f'"{BREAK}" <jane@example.com>'
    for field in ("subject", "account"):
        yield Bad(wrong=f"break in {field}", field=field, fields={field: BREAK})
    for field in ("from", "to", "cc", "bcc", "reply_to"):
        yield Bad(wrong=f"break in name of {field}", field=field, fields={field: named})
        address = f"{SECRET}@example.com\r\nDATA"
        yield Bad(wrong=f"break in {field}", field=field, fields={field: [address]})
    for label in ("name", "content_type", "content_id"):
        files = {"attachments": file(**{label: BREAK})}
        field = f"attachments[0].{label}"
        yield Bad(wrong=f"break in {label}", field=field, fields=files)
    yield Bad(wrong="break in tag", field="tags[1]", fields={"tags": ["a", BREAK]})
    value = {"headers": {"X-Note": BREAK}}
    yield Bad(wrong="break in header", field="headers.X-Note", fields=value)
    name = {"headers": {"X-Note\r\nBcc": SECRET}}
    yield Bad(wrong="break in header name", field="headers.X-Note", fields=name)


def forbidden() -> Iterator[Bad]:
    """Bring a header that is not the caller's to set."""
    for name in FORBIDDEN:
        headers = {"headers": {name: SECRET}}
        yield Bad(wrong=f"header {name}", field=f"headers.{name}", fields=headers)


def mistyped() -> Iterator[Bad]:
    """Give every field a value of another type."""
    words = ("subject", "text", "html", "account", "priority", "expires_at", "from")
    for field in words:
        yield Bad(wrong=f"number as {field}", field=field, fields={field: 1918})
        yield Bad(
            wrong=f"object as {field}", field=field, fields={field: {"a": SECRET}}
        )
    for field in ("to", "cc", "bcc", "reply_to"):
        yield Bad(wrong=f"number as {field}", field=field, fields={field: 1918})
        yield Bad(wrong=f"number in {field}", field=field, fields={field: [1918]})
    for field in ("headers", "attachments", "tags"):
        yield Bad(wrong=f"text as {field}", field=field, fields={field: SECRET})


def odd() -> Iterator[Bad]:
    """Be wrong in some other way."""
    crowd = {"to": [f"{SECRET}{n}@example.com" for n in range(501)]}
    yield Bad(wrong="501 recipients", field="to", fields=crowd)
    split = {
        "to": crowd["to"][:250],
        "cc": crowd["to"][250:400],
        "bcc": crowd["to"][400:],
    }
    yield Bad(wrong="501 recipients in all", field="to", fields=split)
    yield Bad(wrong="no recipient", field="to", fields={}, addressed=False)
    yield Bad(wrong="no address", field="to", fields={"to": SECRET})
    yield Bad(wrong="unknown field", field="colour", fields={"colour": SECRET})
    path = {"attachments": file(path=f"/etc/{SECRET}")}
    yield Bad(wrong="path of a file", field="attachments[0].path", fields=path)
    base64 = {"attachments": file(content=f"{SECRET}!")}
    yield Bad(wrong="bad base64", field="attachments[0].content", fields=base64)
    folder = {"attachments": file(name=f"../{SECRET}")}
    yield Bad(wrong="folder in a name", field="attachments[0].name", fields=folder)
    past = {"expires_at": "2020-01-01T00:00:00Z"}
    yield Bad(wrong="expired already", field="expires_at", fields=past)
    naive = {"expires_at": "2999-01-01T00:00:00"}
    yield Bad(wrong="no offset", field="expires_at", fields=naive)
    yield Bad(wrong="unknown word", field="priority", fields={"priority": SECRET})
    yield Bad(wrong="unknown account", field="account", fields={"account": SECRET})
    yield Bad(
        wrong="another From", field="from", fields={"from": f"{SECRET}@x.example"}
    )
    yield Bad(wrong="long subject", field="subject", fields={"subject": SECRET * 111})
    many = {"tags": [SECRET] * 11}
    yield Bad(wrong="eleven tags", field="tags", fields=many)


TABLE = [*breaks(), *forbidden(), *mistyped(), *odd()]
