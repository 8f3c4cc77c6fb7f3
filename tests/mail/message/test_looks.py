"""How a message looks that will do: the description and the checks agree."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from portal.errors import InvalidMessage
from portal.mail.message import Message, parse

DESCRIBED = Draft202012Validator(Message.model_json_schema())
TO = {"to": "ann@example.org"}


def file(**more: str) -> dict[str, Any]:
    return {"attachments": [{"name": "a.pdf", "content": ""} | more]}


GOOD: list[dict[str, Any]] = [
    {"subject": "", "tags": ["a b", "ü"], "account": None},
    {"headers": {"X-Id": "a", "List-Id": " ü\u202e "}},
    *(file(name=name) for name in ("a b", ".a", "...", "größe.bin", " a")),
    *(file(content=text) for text in ("QQ==", "QUI=", "QUJD", "QUJDQQ==")),
    *(file(content_type=kind) for kind in ("A/b", "image/svg+xml", "multiparted/x")),
    *(file(content_id=name) for name in ("a", "<a@b>", "a" * 200)),
]
BAD: list[dict[str, Any]] = [
    *({"subject": f"a{sign}b"} for sign in "\n\r\0\x1b\x7f\x85\u2028\u2029"),
    *({"tags": [tag]} for tag in ("", "a\tb", "x" * 65)),
    *({"headers": {name: "x"}} for name in ("", "a b", "a:", "ü", "x" * 77)),
    *({"headers": {"X-Id": value}} for value in ("a\r\nb", "x" * 2001)),
    *(file(name=name) for name in ("", " ", ".", "..", "a/b", "a\\b", "a\0b")),
    *(file(content=text) for text in ("Q", "QQ", "QQ=", "Q===", "QQ==QQ==", "Q Q=")),
    *(file(content=text) for text in ("QUJD=", "QUJD==", "QUJD====")),
    *(file(content_type=kind) for kind in ("", "a", "a/", "a/b/c", "MultiPart/mixed")),
    *(file(content_type=kind) for kind in ("te\u017ft/x", "\u212aey/x")),
    *(file(content_id=name) for name in ("", "<>", "a b", "<a", "ü", "a" * 201)),
]


@pytest.mark.parametrize("data", GOOD, ids=str)
def test_what_is_described_is_taken(data: dict[str, Any]) -> None:
    assert DESCRIBED.is_valid(TO | data)
    assert parse(TO | data).recipients


@pytest.mark.parametrize("data", BAD, ids=lambda data: str(data)[:50])
def test_what_is_not_taken_is_not_described(data: dict[str, Any]) -> None:
    assert not DESCRIBED.is_valid(TO | data)
    with pytest.raises(InvalidMessage):
        parse(TO | data)
