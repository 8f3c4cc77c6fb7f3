"""Each door refuses the same bad messages, names the field, and stores nothing."""

import json
from base64 import b64decode
from collections.abc import Iterator
from email import message_from_bytes, policy
from typing import Any

import pytest
from flask.testing import FlaskClient

import portal
from portal import config, db
from portal.app import create_app
from portal.config import Config
from portal.errors import InvalidMessage, NotAllowed, Refused
from portal.workspace import house
from portal.workspace.people import keys
from tests import stored, terminal
from tests.conftest import close
from tests.intake.bad import ONES_OWN, SECRET, TABLE, Bad
from tests.intake.forms import FORM, form, part
from tests.workspace import grants

# Python has bytes where JSON has base64, and may name a file.
JSON_ONLY = {"bad base64", "path of a file"}

# What comes finished names its From itself; `portal send` without options takes it.
ANOTHERS = f"From: <{SECRET}@x.example>\nTo: jane@example.com\n\nWell.\n".encode()

all_bad = pytest.mark.parametrize("bad", TABLE, ids=lambda bad: bad.wrong)


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    """Open one house for all, for nothing is ever stored; it sends as one address."""
    instance = tmp_path_factory.mktemp("instance")
    settings = config.read({"PORTAL_INSTANCE": str(instance)})
    config.use(settings)
    house.open_up(settings)
    grants.send_as(ONES_OWN)
    yield settings
    close()


@pytest.fixture(scope="module")
def door(decided: Config) -> FlaskClient:
    """Stand at the HTTP door with a key."""
    client = create_app(decided).test_client()
    with db.session() as session:
        secret = keys.create(session, "a test")
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    return client


@all_bad
def test_http_names_the_field(door: FlaskClient, bad: Bad) -> None:
    answer = door.post(
        "/api/v1/messages", json=bad.message, headers={"Idempotency-Key": "once"}
    )

    told = answer.get_json()
    named = [each["field"] for each in told.get("errors", [])] or [told["detail"]]
    assert answer.status_code == (403 if bad.wrong == "another From" else 422)
    assert answer.content_type == "application/problem+json"
    assert [name for name in named if name.startswith(bad.field)]
    assert SECRET not in answer.text
    assert stored.rows() == 0


@all_bad
def test_a_form_names_the_field(door: FlaskClient, bad: Bad) -> None:
    message = part(json.dumps(bad.message).encode())
    beside = part(b"hello", "f", filename="a.txt")

    answer = door.post(
        "/api/v1/messages", data=form(beside, message), content_type=FORM
    )

    told = answer.get_json()
    named = [each["field"] for each in told.get("errors", [])] or [told["detail"]]
    assert answer.status_code == (403 if bad.wrong == "another From" else 422)
    assert [name for name in named if name.startswith(bad.field)]
    assert SECRET not in answer.text
    assert stored.rows() == 0


@pytest.mark.parametrize(
    "bad",
    [bad for bad in TABLE if bad.wrong not in JSON_ONLY],
    ids=lambda bad: bad.wrong,
)
def test_the_hook_names_the_field(decided: Config, bad: Bad) -> None:
    with pytest.raises((InvalidMessage, NotAllowed)) as refused:
        portal.send(in_python(bad.message), idempotency_key="once")

    own = bad.field.removeprefix("attachments[0].")  # it is refused where it is made
    names = (own, "sender") if own == "from" else own
    named = [each.field for each in getattr(refused.value, "problems", [])]
    assert [name for name in [*named, str(refused.value)] if name.startswith(names)]
    assert isinstance(refused.value, Refused)
    assert SECRET not in str(refused.value)
    assert stored.rows() == 0


@pytest.mark.parametrize(
    "bad",
    [bad for bad in TABLE if terminal.typed(bad.message) is not None],
    ids=lambda bad: bad.wrong,
)
def test_the_command_says_it_in_one_line(decided: Config, bad: Bad) -> None:
    options = terminal.typed(bad.message) or []

    ran = terminal.portal("send", *options, "--idempotency-key", "once")

    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith(f"portal: {bad.field}")
    assert ran.err.count("\n") == 1
    assert SECRET not in ran.err
    assert stored.rows() == 0


def test_a_finished_mail_names_no_other_from_at_the_hook(decided: Config) -> None:
    with pytest.raises(NotAllowed, match=f"^from: .*{ONES_OWN}") as refused:
        portal.send(message_from_bytes(ANOTHERS, policy=policy.default))

    assert SECRET not in str(refused.value)
    assert stored.rows() == 0


def test_a_finished_mail_names_no_other_from_on_standard_input(
    decided: Config,
) -> None:
    ran = terminal.portal("send", piped=ANOTHERS)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("portal: from: ")
    assert ONES_OWN in ran.err
    assert ran.err.count("\n") == 1
    assert SECRET not in ran.err
    assert stored.rows() == 0


def in_python(message: dict[str, Any]) -> portal.Message:
    """Make a message as a Python program would write it."""
    fields = {{"from": "sender"}.get(name, name): it for name, it in message.items()}
    if isinstance(fields.get("attachments"), list):
        fields["attachments"] = [attached(**each) for each in fields["attachments"]]
    return portal.Message(**fields)


def attached(content: str, **label: str) -> portal.Attachment:
    return portal.Attachment(b64decode(content), **label)
