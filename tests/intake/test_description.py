"""The API's description: valid OpenAPI 3.1, every route, and all that it answers."""

import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import (  # type: ignore[import-untyped]
    Draft202012Validator,
    validate,
)
from schemathesis.specs.openapi.definitions import OPENAPI_31
from werkzeug.routing import Rule

from portal.intake.http.door import STATUS
from portal.mail.message import Message
from tests.intake.forms import BOUNDARY, form, part
from tests.intake.posted import MAIL, MESSAGES, SHOWN, WHOLE

PLACE = "/api/v1/openapi.json"
GOOD = {
    "application/json": json.dumps(WHOLE).encode(),
    "multipart/form-data": form(
        part(json.dumps(WHOLE).encode()),
        part(b"hello", "file", filename="b.txt", Content_ID="<b>"),
    ),
    "message/rfc822": b"From: Ann <ann@example.org>\r\nTo: ben@example.com\r\n\r\nHi",
}


@pytest.fixture
def described(knock: FlaskClient) -> dict[str, Any]:
    """Fetch the description, as whoever has no key."""
    answer = knock.get(PLACE, headers={"Authorization": ""})
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json()
    return found


def operations(described: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): told
        for path, methods in described["paths"].items()
        for method, told in methods.items()
        if method != "parameters"
    }


def test_it_is_valid(described: dict[str, Any]) -> None:
    validate(described, OPENAPI_31)
    for schema in described["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_it_holds_every_route_and_nothing_else(
    knock: FlaskClient, described: dict[str, Any]
) -> None:
    def address(rule: Rule) -> str:
        bare = rule.rule.removeprefix("/api/v1")
        return re.sub("<uuid:([a-z_]+)>", r"{\1}", bare)

    rules = knock.application.url_map.iter_rules()
    served = {
        (method, address(rule))
        for rule in rules
        if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert operations(described).keys() == served
    assert len(served) == 14


def test_every_status_that_can_be_told_is_in_it(described: dict[str, Any]) -> None:
    told = {
        int(status)
        for operation in operations(described).values()
        for status, answer in operation["responses"].items()
        if "application/problem+json" in answer["content"]
    }

    assert told == {int(status) for status in STATUS.values()}


def test_it_says_how_one_comes_in_and_how_a_request_is_repeated(
    described: dict[str, Any],
) -> None:
    brought = operations(described)["POST", "/messages"]

    assert described["security"] == [{"key": []}]
    assert described["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert operations(described)["GET", "/openapi.json"]["security"] == []
    assert "Idempotency-Key" in {each["name"] for each in brought["parameters"]}
    assert "Location" in brought["responses"]["202"]["headers"]
    assert "Retry-After" in brought["responses"]["429"]["headers"]
    assert brought["requestBody"]["content"].keys() == {
        "application/json",
        "multipart/form-data",
        "message/rfc822",
    }


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_message_with_all_that_is_optional_is_accepted(
    knock: FlaskClient, described: dict[str, Any], kind: str
) -> None:
    brought = operations(described)["POST", "/messages"]
    # A finished mail has nowhere else to name its account.
    asked = {"account": "default"} if kind == "message/rfc822" else {}
    sent = f"{kind}; boundary={BOUNDARY}"
    headers = {"Content-Type": sent, "Idempotency-Key": "order 7"}

    answer = knock.post(MESSAGES, data=GOOD[kind], query_string=asked, headers=headers)

    assert answer.status_code == 202, answer.text
    assert brought["requestBody"]["content"].keys() == GOOD.keys()
    named = {each["name"] for each in brought["parameters"]}
    assert named == {"account", "Idempotency-Key"}


def test_a_message_has_the_fields_that_are_checked(described: dict[str, Any]) -> None:
    known = {each.alias or name for name, each in Message.model_fields.items()}

    assert described["components"]["schemas"]["Message"]["properties"].keys() == known


def test_what_is_shown_is_what_is_described(
    knock: FlaskClient, described: dict[str, Any]
) -> None:
    link = knock.post(MESSAGES, json=MAIL).headers["Location"]
    schemas = described["components"]["schemas"]

    assert schemas["Shown"]["properties"].keys() == SHOWN
    assert schemas["Listed"]["properties"].keys() == SHOWN - {"history", "progress"}
    assert schemas["Shown"]["properties"].keys() == knock.get(link).get_json().keys()
    told = knock.get("/api/v1/status").get_json()
    assert schemas["Status"]["properties"].keys() == told.keys()


def test_every_operation_says_what_it_does(described: dict[str, Any]) -> None:
    told = operations(described).values()

    assert all(re.fullmatch("[A-Z].*[.]", each["summary"]) for each in told)
    assert len({each["operationId"] for each in told}) == len(told)
