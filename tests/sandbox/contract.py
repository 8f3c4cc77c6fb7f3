"""Holds what Graph is asked and answers against Microsoft's own description of it.

Status codes of the generated description are wrong in places; the copy here carries
those of the documentation pages.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

DESCRIPTION = Path(__file__).with_name("graph-mail-openapi.json")


def check(answer: requests.Response) -> requests.Response:
    """Fail unless the answer, and a request that was taken, are as described."""
    operation = _operation(answer.request)
    responses = operation["responses"]
    described = responses.get(str(answer.status_code))
    if described is None:
        assert answer.status_code >= 400, f"{answer.status_code} is not described"
        described = _description()["components"]["responses"]["error"]
    _check_body(described, answer)
    assert answer.headers["request-id"]
    assert answer.headers["client-request-id"]
    if answer.ok:
        _check_request(operation, answer.request)
    return answer


def _check_body(described: dict[str, Any], answer: requests.Response) -> None:
    content = described.get("content", {})
    if "application/json" in content:
        assert answer.headers["Content-Type"].startswith("application/json")
        _validate(content["application/json"]["schema"], answer.json())
    else:
        assert answer.content == b""
        assert "Content-Type" not in answer.headers


def _check_request(
    operation: dict[str, Any], request: requests.PreparedRequest
) -> None:
    content = operation.get("requestBody", {}).get("content", {})
    kind = (request.headers.get("Content-Type") or "").partition(";")[0]
    if content:
        assert kind in content, f"{kind} was taken"
    if kind == "application/json" and content:
        _validate(content[kind]["schema"], json.loads(request.body or b"null"))


def _operation(request: requests.PreparedRequest) -> dict[str, Any]:
    path = urlsplit(request.url or "").path
    path = str(path).removeprefix("/v1.0")
    if path.startswith("/api/"):
        path = "/__uploadUrl__"
    for template, item in _description()["paths"].items():
        pattern = re.sub(r"\{[^}]+\}", "[^/]+", template.replace("$", r"\$"))
        if re.fullmatch(pattern, path):
            found: dict[str, Any] = item[(request.method or "").lower()]
            return found
    raise AssertionError(f"{path} is not described")


def _validate(schema: dict[str, Any], value: Any) -> None:
    whole = {"components": _description()["components"], **schema}
    errors = [
        f"{each.json_path}: {each.message}"
        for each in Draft202012Validator(whole).iter_errors(value)
    ]
    assert errors == []


@cache
def _description() -> dict[str, Any]:
    found: dict[str, Any] = _modern(json.loads(DESCRIPTION.read_text()))
    return found


def _modern(node: Any) -> Any:
    """Turn OpenAPI 3.0's `nullable` into what JSON Schema knows.

    Its `oneOf` names kinds of attachment that only a discriminator tells apart.
    """
    if isinstance(node, list):
        return [_modern(each) for each in node]
    if not isinstance(node, dict):
        return node
    rest = {
        "anyOf" if name == "oneOf" else name: _modern(each)
        for name, each in node.items()
        if name != "nullable"
    }
    return {"anyOf": [rest, {"type": "null"}]} if node.get("nullable") is True else rest
