"""Messages looked up: sent ones and drafts, by id and by internetMessageId."""

from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from tests.sandbox.graph.messages.conftest import Call, created
from tests.sandbox.graph.messages.drafts import IMMUTABLE, MIME, NOT_FOUND, at, found
from tests.sandbox.serving import Sandbox
from tests.sandbox.walking import letter, problem

MINE = {"internetMessageId": "<m@contoso.example>"}
WAYS: dict[str, dict[str, Any]] = {
    "json": {"json": {"message": letter(**MINE)}},
    "mime": {"data": b64encode(MIME)},
    "folded": {"data": b64encode(MIME.replace(b"Message-ID: ", b"Message-Id:\r\n "))},
}


@pytest.mark.parametrize("way", WAYS)
def test_a_sent_mail_is_found_by_the_id_it_was_given(call: Call, way: str) -> None:
    call("POST", "/me/sendMail", **WAYS[way])

    (copy,) = found(call, MINE)

    assert copy["internetMessageId"] == MINE["internetMessageId"]
    assert copy["isDraft"] is False
    assert call("GET", at(copy)).json()["id"] == copy["id"]


@pytest.mark.parametrize("headers", [{}, IMMUTABLE])
def test_a_draft_and_a_sent_mail_of_one_name_are_both_found(
    call: Call, headers: dict[str, str]
) -> None:
    draft = created(call, json=letter(**MINE), headers=headers)
    call("POST", "/me/sendMail", **WAYS["mime"])

    messages = found(call, MINE, headers=headers)

    assert [each["isDraft"] for each in messages] == [True, False]
    assert messages[0]["id"] == draft["id"]
    assert call("GET", at(messages[1]), headers=headers).json()["isDraft"] is False


def test_a_draft_is_found_by_the_id_it_was_changed_to(call: Call) -> None:
    draft = created(call)

    call("PATCH", at(draft), json={"internetMessageId": "<it's@contoso.example>"})

    quoted = {"internetMessageId": "<it''s@contoso.example>"}
    assert [each["id"] for each in found(call, quoted)] == [draft["id"]]
    assert found(call, draft) == []


def test_what_was_just_sent_is_found_later(sandbox: Sandbox, call: Call) -> None:
    sandbox.fault("search-lag", after_seconds=60)
    draft = created(call, json=letter(**MINE), headers=IMMUTABLE)
    assert len(found(call, MINE)) == 1

    call("POST", at(draft, "/send"))

    assert found(call, MINE) == []
    assert problem(call("GET", at(draft))) == NOT_FOUND
    with time_machine.travel(timedelta(seconds=61)):
        assert len(found(call, MINE)) == 1
        assert call("GET", at(draft)).json()["isDraft"] is False


def test_a_new_draft_is_found_late_by_a_search_alone(
    sandbox: Sandbox, call: Call
) -> None:
    sandbox.fault("draft-lag", after_seconds=60)

    draft = created(call, json=letter(**MINE), headers=IMMUTABLE)

    assert found(call, MINE) == []
    assert call("GET", at(draft)).json()["isDraft"] is True
    with time_machine.travel(timedelta(seconds=61)):
        assert len(found(call, MINE)) == 1


def test_a_lag_that_is_cleared_hides_nothing(sandbox: Sandbox, call: Call) -> None:
    sandbox.fault("search-lag")
    call("POST", "/me/sendMail", **WAYS["json"])
    assert found(call, MINE) == []

    sandbox.session.delete(f"{sandbox.url}/faults.json", timeout=9)

    assert len(found(call, MINE)) == 1
