"""A finished mail at the doors: it leaves as it came, and comes once."""

import io
import subprocess
import sys
from contextlib import suppress
from email.message import EmailMessage
from itertools import chain, repeat
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import portal
from portal import db
from portal.config import Config
from portal.mail import content, mime
from portal.mail.outbox import records
from tests import stored, terminal
from tests.intake.posted import MESSAGES, refused
from tests.intake.written import HEAD, long

FILE = (
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\nfor old readers\r\n--b\r\n'
    b"Content-Type: text/html\r\n\r\n<p>Hi\r\n--b\r\nContent-Type: x/y\r\n"
    b"Content-Transfer-Encoding: BASE64\r\n\r\nQU\r\n JD\r\n\r\n--b-- \r\nafter\r\n"
)
SIGNED = FILE.replace(b"multipart/mixed", b"multipart/signed")
ONCE = {"Idempotency-Key": "order 7"}


def post(door: FlaskClient, mail: bytes, where: str = "", **more: str) -> TestResponse:
    headers = {"Content-Type": "message/rfc822", **more}
    return door.post(MESSAGES + where, data=mail, headers=headers)


def rendered(message_id: str) -> bytes:
    with db.reading() as session:
        held = content.find(session, UUID(message_id))
        parts = [
            b"".join(content.pieces(held, n, lambda *at: content.read(session, *at)))
            for n in range(len(held.sizes))
        ]
    return b"".join(mime.render(parts[0], lambda number: [parts[number]]))


@pytest.mark.parametrize(
    "mail",
    [HEAD + b"\r\nHi\r\n", HEAD + FILE, HEAD + SIGNED, long(), long(b"text/html")],
    ids=["short", "file", "signed", "long", "long text"],
)
def test_a_finished_mail_is_kept_byte_for_byte(knock: FlaskClient, mail: bytes) -> None:
    answer = post(knock, mail)

    assert answer.status_code == 202
    assert rendered(answer.get_json()["id"]) == mail


def test_it_is_shown_as_any_other(knock: FlaskClient) -> None:
    told = post(knock, HEAD + FILE, "?account=default").get_json()

    with db.reading() as session:
        record = records.find(session, UUID(told["id"]))
    assert (record.sender, record.internet_message_id) == (
        "a@x.example",
        "<1@x.example>",
    )
    assert knock.get(told["links"]["self"]).get_json()["subject"] == "two  spaces"


def test_what_hides_what_it_says_is_left_out_where_it_is_shown(
    knock: FlaskClient,
) -> None:
    subject = "Bill \u202efdp.exe\u202c of \u2066שלום\u200f\u2069".encode()
    named = b"Content-Disposition: attachment; filename=a\xe2\x80\xae.pdf\r\n"
    mail = HEAD.replace(b" two  spaces", subject) + named + b"\r\nHi\r\n"

    told = post(knock, mail).get_json()

    assert knock.get(told["links"]["self"]).get_json()["subject"] == (
        "Bill fdp.exe of שלום"
    )
    assert rendered(told["id"]) == mail


@pytest.mark.parametrize(
    ("mail", "where", "field"),
    [
        (b"", "", "to"),
        (b"no header at all", "", "to"),
        (b"To: nobody\r\n\r\n", "", "to[0]"),
        (HEAD + b"\r\n", "?account=nowhere", "account"),
        (HEAD + b"\r\n", "?account=%00", "account"),
        (long() + b"!", "", "part 1"),
        (HEAD + FILE.replace(b"JD", b"J"), "", "part 2"),
        (HEAD + b"Received: x\r\n" * 51, "", "received"),
        (HEAD + b"X: " + b"x" * 1_000_000, "", "message"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_stored(
    knock: FlaskClient, mail: bytes, where: str, field: str
) -> None:
    answer = post(knock, mail, where)

    assert refused(answer) == 422
    assert answer.get_json()["errors"][0]["field"] == field
    assert stored.rows() == 0


@pytest.mark.parametrize("mail", [HEAD + FILE, long()], ids=["short", "long"])
def test_the_same_mail_comes_once_and_another_is_a_conflict(
    knock: FlaskClient, mail: bytes
) -> None:
    first = post(knock, mail, **ONCE)
    before = stored.rows()

    again = post(knock, mail.replace(b"12:00", b"12:01"), **ONCE)
    other = post(knock, mail.replace(b"QU", b"Qk"), **ONCE)

    assert again.get_json() == first.get_json()
    assert refused(other) == 409
    assert stored.rows() == before


def test_the_same_mail_by_another_account_is_a_conflict(knock: FlaskClient) -> None:
    mail = HEAD + FILE

    first = post(knock, mail, "?account=default", **ONCE)
    again = post(knock, mail, "?account=default", **ONCE)
    others = [post(knock, mail, where, **ONCE) for where in ("", "?account=nowhere")]

    assert first.get_json() == again.get_json()
    assert [refused(answer) for answer in others] == [409, 409]
    assert stored.rows("message") == 1


def test_a_file_with_a_wicked_name_hurts_nobody(knock: FlaskClient) -> None:
    name = b'Content-Disposition: attachment; filename="../../etc/\x1b[2Jpasswd"\r\n'
    told = post(knock, HEAD + b"Content-Type: x/y\r\n" + name + b"\r\nx").get_json()

    [leaf] = mime.outline(rendered_skeleton(told["id"])).attachments

    assert leaf.name == "[2Jpasswd"


def rendered_skeleton(message_id: str) -> bytes:
    with db.reading() as session:
        held = content.find(session, UUID(message_id))
        return content.read(session, held, 0, 0)[0]


def test_standard_input_is_kept_byte_for_byte(house: Config) -> None:
    ran = terminal.portal("send", piped=long())

    assert (ran.code, ran.err) == (0, "")
    assert rendered(ran.out.split()[0]) == long()


def test_standard_input_that_never_ends_is_not_waited_for(house: Config) -> None:
    environ = {
        "PORTAL_INSTANCE": str(house.instance),
        "PORTAL_MAX_MESSAGE": "1000000",
    }
    command = [sys.executable, "-m", "portal", "send"]
    with subprocess.Popen(
        command, env=environ, stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as sending:
        assert sending.stdin
        assert sending.stderr
        endless = chain([HEAD, b"\r\n"], repeat(b"x" * 70 + b"\r\n"))
        with pytest.raises(BrokenPipeError):
            sending.stdin.writelines(endless)
        said = sending.stderr.read()
        with suppress(BrokenPipeError):
            sending.stdin.close()

    assert (sending.returncode, b"1,000,000 bytes" in said) == (2, True)
    assert stored.rows() == 0


def test_the_hooks_mail_and_its_twin_become_one(house: Config) -> None:
    mail = EmailMessage()
    mail["To"] = "ben@x.example"
    mail.set_content("Hi")
    mail.add_attachment(b"x" * 3_000_000, "x", "y", filename="a.bin")

    first = portal.send(mail, idempotency_key="a")
    again = portal.send(mail, idempotency_key="a")

    assert again == first
    assert b"eHh4eHh4" in rendered(first.id)
    assert stored.rows("message", "content") == 2


@pytest.mark.parametrize("terminated", [False, True])
def test_a_mail_that_ends_too_early_is_not_stored(
    knock: FlaskClient, terminated: bool
) -> None:
    mail = long()

    answer = knock.post(
        MESSAGES,
        input_stream=io.BytesIO(mail[:-1000]),
        content_type="message/rfc822",
        environ_overrides={
            "CONTENT_LENGTH": str(len(mail)),
            "wsgi.input_terminated": terminated,
        },
    )

    assert refused(answer) == 400
    assert stored.rows() == 0
