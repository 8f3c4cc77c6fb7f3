"""A message with its files beside it, in a form, and what no form may be."""

import json
from base64 import b64encode
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal import db
from portal.mail import content, mime
from tests import stored
from tests.intake.forms import FORM, form, part, said
from tests.intake.posted import MESSAGES, refused

NOTE = part(b"hello", "a", filename="note.txt", Content_Type="text/plain")
LOGO = part(
    b"PNG",
    "b",
    filename="logo.png",
    Content_Type="image/png",
    Content_ID="<logo>",
)
ONCE = {"Idempotency-Key": "order 7"}


def post(
    door: FlaskClient, body: bytes, kind: str = FORM, **headers: str
) -> TestResponse:
    return door.post(MESSAGES, data=body, content_type=kind, headers=headers)


def kept(answer: TestResponse) -> tuple[mime.Outline, list[bytes]]:
    """Return what a message says, and what is in its attachments in their order."""
    assert answer.status_code == 202, answer.text
    with db.reading() as session:
        held = content.find(session, UUID(answer.get_json()["id"]))
        parts = [
            b"".join(content.pieces(held, n, lambda *at: content.read(session, *at)))
            for n in range(len(held.sizes))
        ]
    assert held.sizes == tuple(map(len, parts))
    read = mime.outline(parts[0])
    whole = b"".join(mime.render(parts[0], lambda number: [parts[number]]))
    assert mime.outline(whole).subject == read.subject
    return read, [parts[leaf.number] for leaf in read.attachments]


@pytest.mark.parametrize(
    "parts",
    [(said(), NOTE, LOGO), (NOTE, said(), LOGO), (NOTE, LOGO, said())],
    ids=["before", "between", "after"],
)
def test_files_come_beside_the_message_in_any_order(
    knock: FlaskClient, parts: tuple[bytes, ...]
) -> None:
    read, files = kept(post(knock, form(*parts)))

    assert files == [b"hello", b"PNG"]
    named = [(it.name, it.content_type, it.content_id) for it in read.attachments]
    assert named == [("note.txt", "text/plain", ""), ("logo.png", "image/png", "logo")]


@pytest.mark.parametrize("where", [0, 1])
def test_files_in_the_message_and_beside_it_go_together(
    knock: FlaskClient, where: int
) -> None:
    inside = [{"name": "in.txt", "content": b64encode(b"inside").decode()}]
    parts = [NOTE, LOGO]
    parts.insert(where, said(attachments=inside, html="<p>Hi"))

    read, files = kept(post(knock, form(*parts)))

    assert dict(zip([it.name for it in read.attachments], files, strict=True)) == {
        "in.txt": b"inside",
        "note.txt": b"hello",
        "logo.png": b"PNG",
    }


def test_a_long_file_needs_more_than_one_transaction(knock: FlaskClient) -> None:
    long = bytes(range(256)) * 12_000

    read, files = kept(
        post(knock, form(part(long, filename="long.bin", name="f"), said(), NOTE))
    )

    assert files == [long, b"hello"]
    assert read.attachments[0].name == "long.bin"


def test_the_message_may_be_a_file_of_the_form(knock: FlaskClient) -> None:
    message = part(b'{"to": "j@example.com"}', filename="m.json")

    assert post(knock, form(message, NOTE)).status_code == 202


def test_the_same_message_means_the_same_in_a_form_and_as_json(
    knock: FlaskClient,
) -> None:
    file = {"name": "note.txt", "content_type": "text/plain"}
    message = {"to": "jane@example.com", "text": "Hi"}
    inside = {**message, "attachments": [{**file, "content": "aGVsbG8="}]}

    first = knock.post(MESSAGES, json=inside, headers=ONCE)
    again = post(knock, form(NOTE, said(text="Hi")), **ONCE)

    assert again.status_code == 202
    assert again.get_json()["id"] == first.get_json()["id"]
    assert stored.rows("message", "content", "repeat") == 3


def test_another_file_under_the_same_key_is_a_conflict(knock: FlaskClient) -> None:
    long = part(b"x" * 3_000_000, "f", filename="note.txt", Content_Type="text/plain")
    assert post(knock, form(said(), NOTE), **ONCE).status_code == 202
    before = stored.rows()

    assert refused(post(knock, form(said(), long), **ONCE)) == 409
    assert refused(post(knock, form(long, said()), **ONCE)) == 409

    assert stored.rows() == before


@pytest.mark.parametrize("order", [1, -1])
def test_a_long_form_that_comes_again_leaves_nothing(
    knock: FlaskClient, order: int
) -> None:
    long = part(b"x" * 3_000_000, "f", filename="long.bin")
    body = form(*[said(), long][::order])
    first = post(knock, body, **ONCE)
    before = stored.rows()

    again = post(knock, body, **ONCE)

    assert again.get_json() == first.get_json()
    assert stored.rows() == before


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ([NOTE], "message"),
        ([], "message"),
        ([said(), said()], "message"),
        ([NOTE, said(), LOGO, said()], "message"),
        ([said(colour="red")], "colour"),
        ([said(), part(b"x", "subject")], "subject"),
        ([part(b"x", "subject"), said()], "subject"),
        ([said(), part(b"x", "f", filename="")], "f.name"),
        ([said(), part(b"x", "f", filename="../a")], "f.name"),
        ([said(), part(b"x", "f", filename="a", Content_Type="x")], "f.content_type"),
        ([said(), part(b"x", "f", filename="a", Content_ID="<a b>")], "f.content_id"),
        ([said(attachments=7), NOTE], "attachments"),
        ([said(), LOGO, LOGO], "attachments"),
        ([said(), *[NOTE] * 501], "attachments"),
        ([said(account="nowhere"), NOTE], "account"),
        ([part(b"[]"), NOTE], "message"),
        (
            [
                said(),
                part(b"eA==", "f", filename="a", Content_Transfer_Encoding="base64"),
            ],
            "f",
        ),
    ],
)
def test_what_is_wrong_in_a_form_is_named(
    knock: FlaskClient, parts: list[bytes], field: str
) -> None:
    long = part(b"x" * 3_000_000, "long", filename="long.bin")

    answer = post(knock, form(long, *parts))

    assert refused(answer) == 422
    assert answer.get_json()["errors"][0]["field"] == field
    assert stored.rows() == 0


@pytest.mark.parametrize(
    "body",
    [
        b"no form",
        said() + NOTE,
        (said() + NOTE)[:-30],
        form(said(), NOTE).replace(b"Content-Disposition", b"Content-Description"),
        form(said(), NOTE).replace(b"note.txt", b"\xff.txt"),
        form(part(b"{"), NOTE),
        form(part(b'{"to": "a@b.example", "to": "a@b.example"}')),
        b"x" * 1_000_000 + form(said()),
        form(said()) + b"x" * 1_000_000,
        form(said(), part(b"x", "n" * 1_000_000, filename="x")),
    ],
    ids=lambda body: repr(body[:20]) + str(len(body)),
)
def test_a_broken_form_is_refused(knock: FlaskClient, body: bytes) -> None:
    assert refused(post(knock, body)) == 400
    assert refused(post(knock, body, "multipart/form-data")) == 400
    assert stored.rows() == 0


def test_a_message_of_more_than_five_megabytes_is_refused(knock: FlaskClient) -> None:
    fits = form(said(text="x" * 4_900_000), NOTE)
    more = form(NOTE, said(text="x" * 5_000_000))

    assert post(knock, fits).status_code == 202
    answer = post(knock, more)
    assert refused(answer) == 413
    assert "5 MB" in answer.get_json()["detail"]
    assert stored.rows("message") == 1


def test_json_that_is_too_large_is_shown_the_way(knock: FlaskClient) -> None:
    body = json.dumps({"to": "j@example.com", "text": "x" * 5_000_000})

    answer = knock.post(MESSAGES, data=body, content_type="application/json")

    assert refused(answer) == 413
    assert "multipart" in answer.get_json()["detail"]
