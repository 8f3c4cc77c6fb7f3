"""Messages through the HTTP door as JSON, and what differs where they come out."""

from email import message_from_bytes
from pathlib import Path
from typing import Any
from uuid import UUID

from flask.testing import FlaskClient

from portal import config
from portal.app import create_app
from portal.mail.message import Address, Attachment, Message, parse
from tests.corpus import journey
from tests.corpus.reading import content, headers, lines, parts
from tests.intake.conftest import bearer

URL = "/api/v1/messages"


def by_json(client: FlaskClient, said: dict[str, Any], _: Path) -> UUID:
    return _id(client.post(URL, json=said))


def _id(answer: Any) -> UUID:
    assert answer.status_code == 202, answer.text
    return UUID(answer.json["id"])


def opened() -> FlaskClient:
    client = create_app(config.current()).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = bearer("app")
    return client


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
