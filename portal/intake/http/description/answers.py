"""The schemas of what the HTTP door answers; `shapes` and `status` fill them."""

from typing import Any

from portal.explanations import Place, Who
from portal.mail.journal import Event
from portal.mail.lanes import budgets
from portal.mail.outbox import State
from portal.workspace import expiry, incidents
from portal.workspace.standing import Outline
from portal.workspace.verification import Name, Outcome

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
OF_ACCOUNT: Schema = {"pattern": "^/accounts/[0-9a-f-]{36}(/settings)?$"}
COUNT: Schema = {"type": "integer", "minimum": 0}
YES_OR_NO: Schema = {"type": "boolean"}
ID: Schema = {"type": "string", "format": "uuid"}
TIME: Schema = {"type": "string", "format": "date-time"}
LINK: Schema = {"type": "string", "format": "uri"}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def perhaps(schema: Schema) -> Schema:
    """Let it be null as well."""
    return schema | {"type": [schema["type"], "null"]}


def several(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def members(always: Schema, *, sometimes: Schema | None = None) -> Schema:
    """Describe an object by its members."""
    return {
        "type": "object",
        "properties": always | (sometimes or {}),
        "required": [*always],
    }


_STATUS: Schema = {"type": "string", "enum": [*State]}
_LINKS = members({"self": LINK}, sometimes={"copy_of": LINK, "resent_as": LINK})
_EXPLANATION = members(
    {
        "name": TEXT,
        "title": TEXT,
        "why": TEXT,
        "steps": several(TEXT),
        "who": {"type": "string", "enum": [*Who]},
        "place": {"type": "string", "anyOf": [{"enum": [*Place]}, OF_ACCOUNT]},
        "command": TEXT,
        "retried": YES_OR_NO,
        "fate": TEXT,
    }
)
_LISTED: Schema = {
    "id": ID,
    "status": _STATUS,
    "reason": TEXT,
    "explanation": perhaps(_EXPLANATION),
    "from": perhaps(TEXT),
    "account": TEXT,
    "subject": TEXT,
    "message_id": TEXT,
    "size": COUNT,
    "attempts": COUNT,
    "accepted_at": TIME,
    "next_attempt_at": perhaps(TIME),
    "expires_at": perhaps(TIME),
    "finished_at": perhaps(TIME),
    "tags": several(TEXT),
    "links": _LINKS,
}
_PROGRESS = members(
    {
        "bytes": COUNT,
        "total": COUNT,
        "percent": {"type": "number"},
        "bytes_per_second": perhaps(COUNT),
        "seconds_left": perhaps(COUNT),
    }
)
_ANSWER = members(
    {}, sometimes={"status": COUNT, "code": TEXT, "text": TEXT, "request_id": TEXT}
)
_LINE = members(
    {"at": TIME, "event": {"type": "string", "enum": [*Event]}, "reason": TEXT},
    sometimes={
        "explanation": _EXPLANATION,
        "attempt": COUNT,
        "again_at": TIME,
        "answer": _ANSWER,
    },
)
_BUDGET = members({"spent": COUNT, "limit": perhaps(COUNT), "window_seconds": COUNT})
_BUDGETS = members(dict.fromkeys(budgets.BUDGETS, _BUDGET))
_STEP = members(
    {
        "name": {"type": "string", "enum": [*Name]},
        "outcome": {"type": "string", "enum": [*Outcome]},
        "said": TEXT,
        "hint": TEXT,
        "behind": perhaps(TEXT),
        "cause": TEXT,
        "command": TEXT,
        "explanation": perhaps(_EXPLANATION),
        "answer": perhaps(_ANSWER),
    }
)
_VERIFICATION: Schema = {
    "well": YES_OR_NO,
    "at": TIME,
    "by": TEXT,
    "steps": several(_STEP),
    "test_mail": perhaps(ID),
}
_ACCOUNT = members(
    {
        "account": TEXT,
        "state": {"type": "string", "enum": [*Outline]},
        "reason": TEXT,
        "explanation": perhaps(_EXPLANATION),
        "from": perhaps(TEXT),
        "senders": several(TEXT),
        "default": YES_OR_NO,
        "connected_as": perhaps(TEXT),
        "since": perhaps(TIME),
        "checked_at": perhaps(TIME),
        "proven": YES_OR_NO,
        "waiting": COUNT,
        "oldest_due_at": perhaps(TIME),
        "through_at": perhaps(TIME),
        "budgets": perhaps(_BUDGETS),
        "per_minute": perhaps(COUNT),
        "verification": perhaps(members(_VERIFICATION)),
    }
)
_EXPIRING = members(
    {
        "kind": {"type": "string", "enum": [*expiry.Kind]},
        "subject": TEXT,
        "ends_at": TIME,
        "days": {"type": "integer", "description": "0 or less: it is over."},
        "sentence": TEXT,
        "remedy": TEXT,
        "who": TEXT,
    }
)
_INCIDENT = members(
    {
        "kind": {"type": "string", "enum": [*incidents.KEPT]},
        "title": TEXT,
        "why": TEXT,
        "steps": several(TEXT),
        "who": TEXT,
        "since": TIME,
    }
)
_LIMITS = members(
    {
        "accounts": perhaps(several(TEXT)),
        "from": perhaps(several(TEXT)),
        "per_minute": perhaps(COUNT),
        "max_size": COUNT,
    }
)
_OPEN = (State.QUEUED, State.SENDING, State.HELD, State.UNCONFIRMED)

SCHEMAS: dict[str, Schema] = {
    "Receipt": members({"id": ID, "status": _STATUS, "links": _LINKS}),
    "Retried": members({"id": ID, "status": _STATUS, "reason": TEXT, "links": _LINKS}),
    "Listed": members(_LISTED),
    "Shown": members(
        _LISTED | {"progress": perhaps(_PROGRESS), "history": several(_LINE)},
    ),
    "Page": members(
        {
            "messages": several(ref("Listed")),
            "links": members({"next": perhaps(LINK)}),
        }
    ),
    "Step": members(
        {
            "done": COUNT,
            "refused": several(members({"reason": TEXT, "count": COUNT})),
            "links": members({"next": perhaps(LINK)}),
        }
    ),
    "Status": members(
        {
            "key": TEXT,
            "limits": _LIMITS,
            "accounts": several(_ACCOUNT),
            "messages": members({state.value: COUNT for state in _OPEN}),
            "expiring": several(_EXPIRING),
            "incidents": several(_INCIDENT),
            "worker_seen_at": perhaps(TIME),
        }
    ),
    "Verification": members({"account": TEXT} | _VERIFICATION),
    "Description": {"type": "object", "description": "This document."},
    "Problem": members(
        {"type": TEXT, "title": TEXT, "status": COUNT, "detail": TEXT},
        sometimes={
            "errors": several(members({"field": TEXT, "reason": TEXT})),
            "explanation": _EXPLANATION,
        },
    ),
}
