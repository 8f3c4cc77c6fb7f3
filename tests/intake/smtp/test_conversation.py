"""What is said at the SMTP door, command by command."""

from functools import partial
from uuid import UUID

import pytest

from portal import db
from portal.mail import content
from portal.mail.outbox import MessageRow, records
from portal.mail.outbox.records import Envelope
from portal.workspace import accounts
from portal.workspace.accounts import Letterhead
from portal.workspace.people import keys
from tests import stored
from tests.delivery.steps import record
from tests.intake.smtp.talking import ANN, JANE, MAIL, Talk, of

EARLY = [f"MAIL FROM:<{ANN}>", f"RCPT TO:<{JANE}>", "DATA", "VRFY ann", "AUTH PLAIN"]
WRONG = {
    "MAIL": "501 5.5.4",
    "MAIL TO:<a@x.example>": "501 5.5.4",
    "MAIL FROM:<a@x.example": "501 5.5.4",
    "MAIL FROM:<a@x.example>SIZE=1": "501 5.5.4",
    "MAIL FROM:<a@x.example> SIZE": "501 5.5.4",
    "MAIL FROM:<a@x.example> SIZE=-1": "501 5.5.4",
    "MAIL FROM:<a@x.example> SIZE=1 SIZE=2": "501 5.5.4",
    "MAIL FROM:<a@x.example> SIZE=200000001": "552 5.3.4",
    f"MAIL FROM:<a@x.example> SIZE={'9' * 1500}": "552 5.3.4",
    "MAIL FROM:<a@x.example> BODY=BINARYMIME": "501 5.5.4",
    "MAIL FROM:<a@x.example> RET=HDRS": "555 5.5.4",
    "MAIL FROM:<no address>": "553 5.1.3",
    "MAIL FROM:<größe@x.example>": "553 5.6.7",
    f"RCPT TO:<{JANE}>": "503 5.5.1",
    "DATA": "503 5.5.1",
    "AUTH PLAIN AAAA": "503 5.5.1",
    "EXPN team": "502 5.5.1",
    "BDAT 10 LAST": "500 5.5.2",
    "EHLO": "501 5.5.4",
    "\xff\xfe": "500 5.5.2",
    "": "500 5.5.2",
    "x" * 5000: "500 5.5.2",
}


def envelope(message_id: UUID) -> Envelope:
    with db.reading() as session:
        return records.envelope(session, message_id)


def test_it_says_what_it_can(talk: Talk) -> None:
    said = talk.say("EHLO client.example").splitlines()

    assert talk.greeting == "220 localhost Mail Portal"
    assert [line[4:] for line in said] == [
        *("localhost", "SIZE 200000000", "8BITMIME", "SMTPUTF8", "PIPELINING"),
        *("ENHANCEDSTATUSCODES", "AUTH PLAIN LOGIN"),
    ]


def test_a_mail_is_queued_as_what_it_became(known: Talk) -> None:
    reply = known.mail()

    found = record(of(reply))
    assert (found.to, found.subject) == ((JANE,), "Hi")
    with db.reading() as session:
        assert found.key_id == keys.check(session, known.key).id


def test_a_mail_is_kept_as_it_came_below_a_line_of_ours(known: Talk) -> None:
    known.begin()
    known.type(MAIL + b"... two dots\r\n\r\n....\r\nlast\r\n.\r\n")

    kept = skeleton(of(known.reply()))
    assert b"Received: by localhost (Mail Portal) with ESMTPA; " in kept
    assert kept.endswith(MAIL + b".. two dots\r\n\r\n...\r\nlast\r\n")


def skeleton(message_id: UUID) -> bytes:
    with db.reading() as session:
        held = content.find(session, message_id)
        return b"".join(content.pieces(held, 0, partial(content.read, session)))


def test_one_connection_brings_a_thousand_mails(known: Talk) -> None:
    replies = {known.mail() for _ in range(1000)}

    assert len({of(reply) for reply in replies}) == 1000
    assert known.say("QUIT") == "221 2.0.0 Bye"
    assert known.reply() == ""


def test_what_is_said_in_one_go_is_answered_in_order(known: Talk) -> None:
    known.type(
        f"NOOP\r\nMAIL FROM:<{ANN}>\r\nRCPT TO:<nobody>\r\nRCPT TO:<{JANE}>\r\n"
        "DATA\r\n".encode()
    )
    codes = [known.reply()[:9] for _ in range(4)]
    ready = known.reply()
    known.type(MAIL + f".\r\nMAIL FROM:<{ANN}>\r\nRSET\r\n".encode())
    after = [known.reply()[:9] for _ in range(3)]

    assert codes == ["250 2.0.0", "250 2.1.0", "553 5.1.3", "250 2.1.5"]
    assert ready.startswith("354 ")
    assert after == ["250 2.0.0", "250 2.1.0", "250 2.0.0"]


@pytest.mark.parametrize("line", EARLY)
def test_nothing_is_taken_from_whoever_did_not_sign_in(talk: Talk, line: str) -> None:
    before = talk.say(line)
    talk.say("HELO client.example")
    after = talk.say(line)

    assert before[:9] in ("503 5.5.1", "502 5.5.1", "252 2.5.0")
    assert after[:9] in ("530 5.7.0", "503 5.5.1", "502 5.5.1", "252 2.5.0")
    assert stored.rows() == 0


@pytest.mark.parametrize(("line", "code"), WRONG.items(), ids=lambda each: each[:40])
def test_a_wrong_command_is_refused_with_its_code(
    known: Talk, line: str, code: str
) -> None:
    known.type(line.encode("latin-1") + b"\r\n")

    assert known.reply().startswith(f"{code} ")
    assert known.mail().startswith("250 2.0.0 queued as ")


@pytest.mark.parametrize("address", ["", "bounces@contoso.example"])
def test_where_failures_are_reported_is_kept(known: Talk, address: str) -> None:
    known.say(f"MAIL FROM:<{address}>")
    known.say(f"RCPT TO:<{JANE}>")
    known.say("DATA")
    known.type(MAIL + b".\r\n")

    message = of(known.reply())
    with db.reading() as session:
        assert session.get_one(MessageRow, message).return_path == address


def test_nobody_may_send_what_nobody_is_to_be_told_about(known: Talk) -> None:
    assert known.say("MAIL FROM:<>") == "250 2.1.0 OK"
    assert known.say("MAIL FROM:<>").startswith("503 5.5.1 ")


@pytest.mark.parametrize(
    "path",
    [
        "<jane@example.com>",
        " <jane@example.com>",
        "jane@example.com",
        "<@relay.example,@other.example:jane@example.com>",
        "<jane@EXAMPLE.com>",
    ],
)
def test_a_recipient_is_read_as_it_is_written(known: Talk, path: str) -> None:
    known.say(f"MAIL FROM:<{ANN}> SIZE=100 BODY=8BITMIME AUTH=<> ")

    assert known.say(f"RCPT TO:{path}") == "250 2.1.5 OK"


def test_an_address_beyond_ascii_needs_smtputf8(known: Talk) -> None:
    known.say(f"MAIL FROM:<{ANN}>")
    without = known.say("RCPT TO:<größe@example.com>")
    known.say("RSET")
    known.say(f"MAIL FROM:<{ANN}> SMTPUTF8")
    with_it = known.say("RCPT TO:<größe@example.com>")
    known.say("DATA")
    known.type(MAIL + b".\r\n")

    assert without.startswith("553 5.6.7 ")
    assert with_it == "250 2.1.5 OK"
    assert envelope(of(known.reply())).bcc == ("größe@example.com",)


def test_every_recipient_is_answered_alone_and_whoever_was_accepted_receives(
    known: Talk,
) -> None:
    known.say(f"MAIL FROM:<{ANN}>")
    paths = [f"<{JANE}>", "<nobody>", "<größe@x.example>", "<kim@example.com>", "<>"]
    codes = [known.say(f"RCPT TO:{path}")[:9] for path in paths]
    known.say("DATA")
    known.type(MAIL + b".\r\n")

    found = envelope(of(known.reply()))
    assert codes == ["250 2.1.5", "553 5.1.3", "553 5.6.7", "250 2.1.5", "553 5.1.3"]
    assert (found.to, found.cc, found.bcc) == ((JANE,), (), ("kim@example.com",))


def test_where_no_recipient_was_accepted_no_mail_is_taken(known: Talk) -> None:
    known.say(f"MAIL FROM:<{ANN}>")
    known.say("RCPT TO:<nobody>")

    assert known.say("DATA").startswith("503 5.5.1 ")


def test_the_five_hundred_and_first_recipient_comes_by_another_mail(
    known: Talk,
) -> None:
    known.say(f"MAIL FROM:<{ANN}>")
    known.type(b"".join(b"RCPT TO:<a%d@x.example>\r\n" % n for n in range(1500)))
    codes = [known.reply()[:9] for _ in range(1500)]
    known.say("DATA")
    known.type(MAIL + b".\r\n")

    assert codes == ["250 2.1.5"] * 500 + ["452 4.5.3"] * 1000
    assert len(envelope(of(known.reply())).bcc) == 500


def test_the_envelope_decides_who_receives(known: Talk) -> None:
    reply = known.mail(MAIL, "kim@example.com")

    found = envelope(of(reply))
    assert (found.to, found.cc, found.bcc) == ((), (), ("kim@example.com",))


def test_another_from_is_refused(known: Talk) -> None:
    reply = known.mail(MAIL.replace(b"admin@", b"eve@"))

    assert reply.startswith(f"550 5.7.1 from: this account sends as {ANN} only")
    assert stored.rows() == 0
    assert known.mail().startswith("250 ")


def test_another_from_is_taken_where_the_account_replaces_it(known: Talk) -> None:
    with db.session() as session:
        account = accounts.find(session)
        accounts.decide_letterhead(session, account.id, Letterhead(force=True))

    reply = known.mail(MAIL.replace(b"admin@", b"eve@"))

    assert record(of(reply)).sender == "eve@contoso.example"


def test_help_is_given(known: Talk) -> None:
    assert known.say("HELP").startswith("250 2.0.0 Supported commands: AUTH DATA EHLO")
    assert known.say("HELP MAIL") == (
        "250 2.0.0 Syntax: MAIL FROM:<address> [SP <mail-parameters>]"
    )
