"""Messages that are no finished mail, through each door and by each road.

What was said arrives: headers as they are read, bodies, files, and whom it is to.
"""

import json
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

import portal
from portal.config import Config
from portal.mail.message import parse
from tests.corpus import journey
from tests.corpus.opening import URL, _id, by_json, differences, opened
from tests.intake import forms
from tests.sandbox.serving import Sandbox
from tests.terminal import portal as command
from tests.terminal import typed

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452")
ROADS = ["own", "draft", "json"]


def file(name: str, content: bytes = b"content", **more: str) -> dict[str, str]:
    return {"name": name, "content": b64encode(content).decode(), **more}


MESSAGES: dict[str, dict[str, Any]] = {
    "text": {"text": "Well.\n"},
    "html": {"html": "<p>Wäll.</p>"},
    "both": {"text": "Wäll.\n", "html": "<p>Wäll.</p>"},
    "nothing": {},
    "long lines": {"text": "long " * 1000, "html": "<p>" + "lang 🚀 " * 1000},
    "dots": {"text": ".\n..\nFrom here on\n-- \nAnn\n"},
    "a long subject": {"subject": " ".join(["Größe"] * 100)},
    "odd subject": {"subject": "=?utf-8?q?no?= \\ \"'  two  spaces"},
    "people": {
        "to": ["Jürgen Groß <j@bücher.example>", '"Doe, Jane" <jane@example.com>'],
        "cc": ["plus+tag@x.example", "o'neil@x.example", "Omega <ω@x.example>"],
        "bcc": "hidden@x.example",
        "reply_to": ["Büro <b@x.example>", "c@x.example"],
    },
    "unseen only": {"to": [], "bcc": ["a@x.example", "b@x.example"]},
    "headers": {"headers": {"X-One": "größer", "X-Two": "a" * 900, "X-Three": "3"}},
    "urgent": {"priority": "high"},
    "not urgent": {"priority": "low"},
    "pictures": {
        "html": '<img src="cid:a.b@x"><img src="cid:odd%24%25">',
        "attachments": [
            file("a.png", PNG, content_type="image/png", content_id="a.b@x"),
            file("b.png", PNG + b"2", content_type="image/png", content_id="odd$%"),
        ],
    },
    "files": {
        "text": "Well.",
        "attachments": [
            file(
                "Grüße – ein sehr langer Name, länger als jede Zeile, die es gibt.txt"
            ),
            file('quoted "name".txt'),
            file("rocket 🚀.bin", bytes(range(256))),
            file("empty.bin", b""),
            file("forwarded.eml", b"Subject: S\r\n\r\n", content_type="message/rfc822"),
            file("invite.ics", b"BEGIN:VCALENDAR\n", content_type="text/calendar"),
            file("a;b,c=d%.txt"),
            file("same.txt", b"1"),
            file("same.txt", b"2"),
        ],
    },
    "many files": {
        "attachments": [
            file(f"{n}.txt", b"%d" % n, content_type="text/plain") for n in range(100)
        ]
    },
}


def whole(name: str, said: dict[str, Any]) -> dict[str, Any]:
    return {"to": "jane@example.com", "subject": name} | said


def by_form(client: FlaskClient, said: dict[str, Any], _: Path) -> UUID:
    """Bring files beside the message: what is shown in the HTML has a Content-ID."""
    message = {name: value for name, value in said.items() if name != "attachments"}
    inner = [forms.part(json.dumps(message).encode())]
    for each in parse(said).attachments:
        kept = {"Content_ID": f"<{each.content_id}>"} if each.content_id else {}
        name = each.name.replace('"', "%22")  # as browsers write it
        fields = {"filename": name, "Content_Type": each.content_type, **kept}
        inner.append(forms.part(b"".join(each.chunks()), "file", **fields))
    return _id(client.post(URL, data=forms.form(*inner), content_type=forms.FORM))


def by_hook(_: FlaskClient, said: dict[str, Any], __: Path) -> UUID:
    return UUID(portal.send(parse(said)).id)


def by_command(client: FlaskClient, said: dict[str, Any], folder: Path) -> UUID:
    """Type it, if it can be typed; a file is named by its path."""
    given = {name: value for name, value in said.items() if name != "attachments"}
    options, files = typed(given), said.get("attachments", [])
    names = {each["name"] for each in files}
    shown = any("content_id" in each for each in files)
    if options is None or shown or len(names) < len(files):
        return by_json(client, said, folder)
    for each in parse(said).attachments:
        (folder / each.name).write_bytes(b"".join(each.chunks()))
        options += ["--attach", str(folder / each.name)]
    ran = command("send", *options)
    assert ran.code == 0, ran.err
    return UUID(ran.out.split()[0])


Bring = Callable[[FlaskClient, dict[str, Any], Path], UUID]


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("bring", [by_json, by_form, by_hook, by_command])
def test_what_was_said_arrives(
    house: Config, sandbox: Sandbox, tmp_path: Path, bring: Bring, road: str
) -> None:
    journey.connected(road, house, sandbox)
    client = opened()
    said = {name: whole(name, each) for name, each in MESSAGES.items()}
    if road == "json":
        del said["odd subject"]  # the sandbox, which writes it then, spells it wrong

    accepted = {name: bring(client, each, tmp_path) for name, each in said.items()}
    arrived = journey.sent(accepted, sandbox)

    wrong = {n: what for n in said if (what := differences(said[n], arrived[n], road))}
    assert wrong == {}
