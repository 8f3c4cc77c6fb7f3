"""What a message may be."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from portal.errors import InvalidMessage
from portal.mail.message import Address, Attachment, Message, meaning, parse

ANN = "ann@contoso.example"
BEN = "ben@contoso.example"


def file(**changes: object) -> dict[str, object]:
    return {"name": "a.txt", "content": "aGk="} | changes


def test_python_names_the_sender_sender_and_hears_about_it_so() -> None:
    with pytest.raises(InvalidMessage) as refused:
        Message(sender="x", to=ANN)

    assert [each.field for each in refused.value.problems] == ["sender"]
    assert Message(sender=ANN, to=BEN).sender == Address(address=ANN)
    spelled: Any = {"from": ANN, "to": BEN}
    assert Message(**spelled).sender == Address(address=ANN)


def test_a_message_can_be_written_in_one_line() -> None:
    message = Message(to=ANN, subject="Hi", text="x")

    assert message.recipients == (Address(address=ANN),)
    assert (message.subject, message.text, message.html) == ("Hi", "x", None)
    assert (message.priority, message.tags, dict(message.headers)) == ("normal", (), {})


def test_recipients_are_everybody_who_shall_get_it() -> None:
    message = Message(to=[ANN], cc=Address(address=BEN, name="Ben"), bcc=(ANN, BEN))

    assert [each.address for each in message.recipients] == [ANN, BEN, ANN, BEN]


def test_a_message_without_any_body_is_legal() -> None:
    assert parse({"bcc": ANN}).text is None


def test_a_message_does_not_change_once_made() -> None:
    message: Any = parse({"to": ANN, "headers": {"X-A": "1"}})

    for change in ("subject", "to"):
        with pytest.raises(ValueError, match="frozen"):
            setattr(message, change, "x")
    with pytest.raises(TypeError):
        message.headers["X-B"] = "2"
    with pytest.raises(TypeError):
        Message(to=ANN).headers["X-B"] = "2"  # type: ignore[index]


def test_a_message_does_not_show_its_words() -> None:
    message = Message(
        to=ANN, subject="secret", text="secret", headers={"X-A": "secret"}
    )

    assert f"{message!r} {message}" == "<Message to 1> <Message to 1>"


def test_an_expiry_is_kept_in_utc() -> None:
    noon = datetime(2030, 1, 1, 12, tzinfo=UTC)

    message = parse({"to": ANN, "expires_at": "2030-01-01T14:00:00+01:00"})

    assert message.expires_at == noon + timedelta(hours=1)
    assert message.expires_at.utcoffset() == timedelta(0)


def test_files_from_beside_the_json_come_after_its_own() -> None:
    message = parse({"to": ANN, "attachments": [file()]}, [Attachment(b"x", name="b")])

    assert [each.name for each in message.attachments] == ["a.txt", "b"]


def test_the_schema_describes_every_field_and_takes_what_we_take() -> None:
    schema = Message.model_json_schema(by_alias=True)
    message = {
        "from": f"Ann <{ANN}>",
        "to": BEN,
        "cc": [BEN],
        "headers": {"X-A": "1"},
        "attachments": [file(content_id="logo")],
        "expires_at": "2100-01-01T00:00:00Z",
        "priority": "high",
    }

    parse(message)
    jsonschema.validate(message, schema)

    assert all("description" in field for field in schema["properties"].values())
    assert schema["additionalProperties"] is False
    assert "sender" not in schema["properties"]


def test_two_messages_mean_the_same_whichever_door_they_took() -> None:
    content = base64.b64encode(b"hello").decode()
    json_one = parse(
        {"subject": "Hi", "to": ANN, "attachments": [file(content=content)]}
    )
    python_one = Message(
        to=[ANN],
        subject="Hi",
        attachments=[Attachment(b"hello", "a.txt", "application/octet-stream")],
    )

    assert meaning(json_one) == meaning(python_one)
    assert json.loads(meaning(json_one))


@pytest.mark.parametrize(
    "change",
    [
        *({"from": ANN}, {"to": BEN}, {"cc": ANN}, {"bcc": ANN}, {"reply_to": ANN}),
        *({"subject": "x"}, {"text": ""}, {"html": ""}, {"headers": {"X-A": "1"}}),
        *({"account": "x"}, {"priority": "low"}, {"tags": ["x"]}),
        {"expires_at": "2100-01-01T00:00:00Z"},
        {"attachments": []},
        {"attachments": [file(content="aGg=")]},
        {"attachments": [file(name="b.txt")]},
        {"attachments": [file(content_type="a/b")]},
        {"attachments": [file(content_id="x")]},
    ],
)
def test_any_change_changes_the_meaning(change: dict[str, object]) -> None:
    data: dict[str, object] = {"to": ANN, "attachments": [file()]}

    assert meaning(parse(data)) != meaning(parse(data | change))
