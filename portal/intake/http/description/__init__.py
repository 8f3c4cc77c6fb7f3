"""What the HTTP door takes and answers, as OpenAPI 3.1 (spec.openapis.org), from it."""

import re
from http import HTTPStatus
from inspect import getdoc
from typing import Any

from flask import current_app
from flask.typing import ResponseReturnValue
from werkzeug.routing import Rule

from portal.intake.http.description.answers import (
    ID,
    LINK,
    SCHEMAS,
    Schema,
    ref,
)
from portal.intake.http.description.operations import OPERATIONS, Operation
from portal.intake.http.door import HEADERS, PROBLEM_TYPE, STATUS, bp
from portal.intake.http.messages import JSON_TYPE
from portal.mail.message import Message

INFO = {
    "title": "Mail Portal",
    "version": "1",
    "summary": "Send an application's mail from a Microsoft 365 mailbox.",
}
BY_KEY = {"key": {"type": "http", "scheme": "bearer", "description": "An API key."}}
WAIT: Schema = {"schema": {"type": "integer", "minimum": 1}, "description": "Seconds."}
PLACE: Schema = {"schema": LINK, "description": "Where the new message is shown."}
ABOUT_ONE = ("show", "retry", "resend", "arrival", "cancellation")
IMPLIED = {"HEAD", "OPTIONS"}  # what Flask adds by itself


@bp.get("/openapi.json")
def description() -> ResponseReturnValue:
    """Describe this API; needs no key."""
    return document()


def document() -> dict[str, Any]:
    """Describe every route of the door, and nothing else."""
    paths: dict[str, dict[str, Any]] = {}
    for rule in current_app.url_map.iter_rules():
        door, _, name = rule.endpoint.partition(".")
        if door == bp.name:
            path = paths.setdefault(_path(rule), _parameters(rule))
            for method in (rule.methods or set()) - IMPLIED:
                path[method.lower()] = _operation(rule, OPERATIONS[name])
    return {
        "openapi": "3.1.0",
        "info": INFO,
        "servers": [{"url": bp.url_prefix}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {"schemas": _schemas(), "securitySchemes": BY_KEY},
    }


def _path(rule: Rule) -> str:
    below = rule.rule.removeprefix(bp.url_prefix or "")
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", below)


def _parameters(rule: Rule) -> dict[str, Any]:
    named = [
        {"name": name, "in": "path", "required": True, "schema": ID}
        for name in sorted(rule.arguments)
    ]
    return {"parameters": named} if named else {}


def _operation(rule: Rule, known: Operation) -> dict[str, Any]:
    view = current_app.view_functions[rule.endpoint]
    summary = (getdoc(view) or "").partition("\n")[0]
    described: dict[str, Any] = {
        "operationId": rule.endpoint.partition(".")[2],
        "summary": summary,
        "responses": {str(int(known.status)): _answer(known), **_refusals(known)},
    }
    if known.parameters:
        described["parameters"] = list(known.parameters)
    if known.body:
        described["requestBody"] = known.body
    if known.open:
        described["security"] = []
    return described


def _answer(known: Operation) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": known.status.phrase,
        "content": {JSON_TYPE: {"schema": ref(known.answer)}},
    }
    if known.located:
        answer["headers"] = {"Location": PLACE}
        answer["links"] = {name: _about_it(name) for name in ABOUT_ONE}
    return answer


def _about_it(name: str) -> dict[str, Any]:
    """Link to what may be asked or decided about a new message."""
    return {"operationId": name, "parameters": {"message_id": "$response.body#/id"}}


def _refusals(known: Operation) -> dict[str, Any]:
    """Describe each status that these errors are told with, in their own words."""
    refusals: dict[str, Any] = {}
    for error in sorted(known.errors, key=lambda each: STATUS[each]):
        status = str(int(STATUS[error]))
        told = refusals.setdefault(status, _refusal(int(status)))
        told["description"] = f"{told['description']} {getdoc(error)}".strip()
        for name in HEADERS.get(error, {}):
            told["headers"][name] = {"schema": {"type": "string"}}
    return refusals


def _refusal(status: int) -> dict[str, Any]:
    waits = status == HTTPStatus.TOO_MANY_REQUESTS
    return {
        "description": "",
        "headers": {"Retry-After": WAIT} if waits else {},
        "content": {PROBLEM_TYPE: {"schema": ref("Problem")}},
    }


def _schemas() -> dict[str, Schema]:
    """Return the schemas of all answers, and of the message as it is checked."""
    message = Message.model_json_schema(ref_template="#/components/schemas/{model}")
    inside: dict[str, Schema] = message.pop("$defs", {})
    to_somebody = [
        {"required": [name], "properties": {name: {"minItems": 1}}}
        for name in ("to", "cc", "bcc")
    ]
    return SCHEMAS | inside | {"Message": message | {"anyOf": to_somebody}}
