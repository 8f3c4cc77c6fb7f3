"""Messages that are no finished mail, through each door and by each road.

What was said arrives: headers as they are read, bodies, files, and whom it is to.
"""

import json
from base64 import b64encode
from collections.abc import Callable
from email import message_from_bytes
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

import portal
from portal import config
from portal.app import create_app
from portal.config import Config
from portal.mail.message import Address, Attachment, Message, parse
from tests.corpus import journey
from tests.corpus.reading import content, headers, lines, parts
from tests.intake import forms
from tests.intake.conftest import bearer
from tests.sandbox.serving import Sandbox
from tests.terminal import portal as command
from tests.terminal import typed

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452")
ROADS = ["own", "draft", "json"]
URL = "/api/v1/messages"


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


def by_json(client: FlaskClient, said: dict[str, Any], _: Path) -> UUID:
    return _id(client.post(URL, json=said))


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


def _id(answer: Any) -> UUID:
    assert answer.status_code == 202, answer.text
    return UUID(answer.json["id"])


Bring = Callable[[FlaskClient, dict[str, Any], Path], UUID]


def opened() -> FlaskClient:
    client = create_app(config.current()).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = bearer("app")
    return client


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


def differences(said: dict[str, Any], came: journey.Arrived, road: str) -> list[str]:
    if came.source is None:
        return [f"{came.record.state}: {came.record.reason}"]
    message, says = parse(said), headers(came.source)
    pairs: dict[str, tuple[object, object]] = {
        "subject": (_spaced(message.subject), says.get("subject", [""])[0]),
        "to": (_addresses(message.to), came.to),
        "cc": (_addresses(message.cc), came.cc),
        "texts": (_texts(message, road), _bodies(came.source)),
        "bcc": (_addresses(message.bcc), came.bcc),
        "names": (_people(message, road), _shown(says)),
        "headers": (
            {name.lower(): [_spaced(value)] for name, value in message.headers.items()},
            {name: says[name] for name in says if name in _lower(message)},
        ),
        "priority": (message.priority, says.get("importance", ["normal"])[0]),
        "files": (sorted(map(_file, message.attachments)), _files(came)),
    }
    return [
        f"{name}: {wanted!r} became {found!r}"
        for name, (wanted, found) in pairs.items()
        if wanted != found
    ]


def _texts(message: Message, road: str) -> list[bytes]:
    said = [message.text, message.html]
    if road == "json" and message.html is not None:
        said = [message.html]
    given = [lines(each.encode()).rstrip() for each in said if each is not None]
    return given or [b""]


def _bodies(source: bytes) -> list[bytes]:
    shown = [p for p in parts(message_from_bytes(source)) if not p.get_filename()]
    return [content(each) for each in shown]


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _lower(message: Message) -> set[str]:
    return {name.lower() for name in message.headers}


def _addresses(people: Any) -> list[str]:
    return [each.address for each in people]


def _people(message: Message, road: str) -> dict[str, str]:
    lists = {"to": message.to, "cc": message.cc, "reply-to": message.reply_to}
    return {
        name: "; ".join(_person(each, road) for each in people)
        for name, people in lists.items()
        if people
    }


def _person(each: Address, road: str) -> str:
    # The sandbox writes no name beside an address in UTF-8, when it writes itself.
    name = each.name if road != "json" or each.address.isascii() else ""
    return f"{name} <{each.address}>"


def _shown(says: dict[str, list[str]]) -> dict[str, str]:
    return {n: says[n][0] for n in ("to", "cc", "reply-to") if n in says}


def _file(each: Attachment) -> tuple[str, str, str]:
    kind = each.content_type
    kind = "application/octet-stream" if kind.startswith("message/") else kind
    return each.name, kind, each.digest()


def _files(came: journey.Arrived) -> list[tuple[str, str, str]]:
    return sorted((each["name"], each["type"], each["sha256"]) for each in came.files)
