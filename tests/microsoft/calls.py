"""The calls about drafts, with examples, and which of their answers are documented."""

import json
from collections.abc import Callable
from typing import Any

from portal.errors import Answer
from portal.microsoft import drafts, graph
from portal.microsoft.drafts import Found
from tests.microsoft.scripted import Server, Step, reply

MIME = b"From: a@contoso.example\r\nTo: b@example.com\r\n\r\nHello\r\n"
TOKEN = "the-secret-token"
ID = "AAMk/+0="
PATH = "/v1.0/me/messages/AAMk%2F%2B0%3D"
SHOWN = {
    "id": ID,
    "isDraft": True,
    "from": {"emailAddress": {"address": "a@contoso.example", "name": "A"}},
    "body": {"contentType": "text", "content": "Hello"},
}
FOUND = Found(id=ID, draft=True, sender="a@contoso.example")
Call = Callable[[Server], Any]


def create(server: Server) -> Found:
    return drafts.create(graph.mailbox(server.url), TOKEN, MIME)


def readdress(server: Server) -> Found:
    return drafts.readdress(
        graph.mailbox(server.url), TOKEN, ID, "team@contoso.example", "Team"
    )


def send(server: Server) -> Answer:
    return drafts.send(graph.mailbox(server.url), TOKEN, ID)


def find(server: Server) -> Found | None:
    return drafts.find(graph.mailbox(server.url), TOKEN, ID)


def search(server: Server) -> list[Found]:
    return drafts.search(graph.mailbox(server.url), TOKEN, "<o'neil+1@x.example>")


def discard(server: Server) -> None:
    drafts.discard(graph.mailbox(server.url), TOKEN, ID)


# What sends nothing, and the status of the answer that is documented.
SUCCESS: dict[Call, int] = {
    create: 201,
    readdress: 200,
    find: 200,
    search: 200,
    discard: 204,
}


def shown(status: int, document: Any) -> Step:
    return reply(status, json.dumps(document).encode())


def refused(status: int, code: str) -> Step:
    return shown(status, {"error": {"code": code, "message": "Sorry."}})
