"""What is taken for a message: nothing that is not of the documented shape."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.errors import Deferred, DeliveryError, Needed, Rejected, Scope, Withheld
from portal.microsoft import graph
from tests.microsoft.calls import (
    ID,
    SHOWN,
    SUCCESS,
    Call,
    create,
    find,
    readdress,
    search,
    shown,
)
from tests.microsoft.scripted import Server, reply, serve

showing = pytest.mark.parametrize("call", [create, readdress, find])

MISSHAPEN: list[Any] = [
    None,
    [],
    [SHOWN],
    {},
    SHOWN | {"id": None},
    SHOWN | {"id": 7},
    SHOWN | {"id": ""},
    SHOWN | {"id": ".."},
    SHOWN | {"id": "a\r\nb"},
    SHOWN | {"id": "A" * 1001},
    SHOWN | {"isDraft": None},
    SHOWN | {"isDraft": "true"},
    SHOWN | {"isDraft": 1},
    SHOWN | {"from": "a@contoso.example"},
    SHOWN | {"from": []},
    SHOWN | {"from": {"emailAddress": "a@contoso.example"}},
    SHOWN | {"from": {"emailAddress": {"address": 7}}},
    SHOWN | {"from": {"emailAddress": {"address": "a\n@contoso.example"}}},
    SHOWN | {"from": {"emailAddress": {"address": "\ud800"}}},
    SHOWN | {"from": {"emailAddress": {"address": "a" * 1001}}},
]


@showing
@pytest.mark.parametrize("document", MISSHAPEN)
def test_a_message_of_another_shape_is_none(
    server: Server, call: Call, document: Any
) -> None:
    with pytest.raises(Deferred) as error:
        call(server.will(shown(SUCCESS[call], document)))

    assert error.value.scope == Scope.MAILBOX


@pytest.mark.parametrize(
    "document",
    [None, [SHOWN], {}, {"value": None}, {"value": SHOWN}]
    + [{"value": [SHOWN, each]} for each in MISSHAPEN],
)
def test_a_list_of_another_shape_is_none(server: Server, document: Any) -> None:
    with pytest.raises(Deferred):
        search(server.will(shown(200, document)))


@showing
@pytest.mark.parametrize("page", [b"", b"<html>", b'{"id":', b'{"a":' * 100_000])
def test_what_is_no_json_is_no_message(server: Server, call: Call, page: bytes) -> None:
    with pytest.raises(Deferred):
        call(server.will(reply(SUCCESS[call], page)))


@pytest.mark.parametrize(
    "sender",
    [None, {}, {"emailAddress": None}, {"emailAddress": {}}]
    + [{"emailAddress": {"address": each}} for each in (None, "")],
)
def test_a_draft_may_show_no_sender(server: Server, sender: Any) -> None:
    found = create(server.will(shown(201, SHOWN | {"from": sender})))

    assert found.sender == ""


@pytest.fixture(scope="module")
def any_server() -> Iterator[Server]:
    with serve() as server:
        yield server


VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.just(ID)
DOCUMENTS = st.recursive(
    VALUES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "isDraft", "from", "emailAddress", "value", "error"])
            | st.sampled_from(["address", "code"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
BODIES = st.binary(max_size=200) | DOCUMENTS.map(lambda v: json.dumps(v).encode())


@given(call=st.sampled_from([*SUCCESS]), status=st.integers(200, 599), body=BODIES)
def test_no_answer_leaves_a_doubt_where_nothing_is_sent(
    any_server: Server, call: Call, status: int, body: bytes
) -> None:
    if status in (204, 304):  # these have no body
        body = b""

    kind: type[Exception] | None = None
    try:
        call(any_server.will(reply(status, body)))
    except (DeliveryError, graph.TokenRefused) as error:
        kind = type(error)

    assert kind in (None, Deferred, Rejected, Withheld, Needed, graph.TokenRefused)
    assert kind is not None or status == SUCCESS[call]
