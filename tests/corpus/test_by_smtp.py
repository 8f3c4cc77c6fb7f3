"""Every mail of the corpus through the SMTP door, in the envelope that it deserves."""

import re
from dataclasses import replace
from uuid import UUID

import pytest

from portal import clock
from portal.config import Config
from portal.mail import mime
from tests.corpus import journey, mails, reading, unchanged
from tests.intake.smtp.talking import Talk, listening
from tests.sandbox.serving import Sandbox

TRACE = rb"Received: by localhost \(Mail Portal\) with \w+; [^\r\n]+\r\n"


def recipients(raw: bytes) -> list[str]:
    """Return whom a mail names, as another door would read it."""
    mail = mime.Splitter([raw], message_id="<x@x.example>", date=clock.now())
    who = mail.envelope
    return [each.address for each in (*who.to, *who.cc, *who.bcc)]


def carried(talk: Talk, raw: bytes) -> UUID:
    """Say it line by line, as a mail server would."""
    assert talk.say("MAIL FROM:<> BODY=8BITMIME SMTPUTF8").startswith("250 ")
    for each in recipients(raw):
        assert talk.say(f"RCPT TO:<{each}>").startswith("250 ")
    assert talk.say("DATA").startswith("354 ")
    talk.type(re.sub(rb"(?m)^\.", b"..", raw) + b".\r\n")
    reply = talk.reply()
    assert reply.startswith("250 2.0.0 queued as "), reply
    return UUID(reply.split()[4])


@pytest.mark.parametrize("road", ["own", "draft"])
def test_a_mail_arrives_byte_for_byte_but_for_a_line_of_ours(
    house: Config, sandbox: Sandbox, road: str
) -> None:
    sender = journey.connected(road, house, sandbox)
    brought = {
        name: reading.lines(raw).removesuffix(b"\r\n") + b"\r\n"
        for name, raw in mails.sent_from(mails.every(), sender).items()
    }

    with listening(house) as door, Talk(door) as talk:
        talk.sign_in()
        arrived = journey.travelled(brought, lambda raw: carried(talk, raw), sandbox)

    changed = {}
    for name, raw in brought.items():
        came = arrived[name]
        bare, lines = re.subn(TRACE, b"", came.source or b"")
        difference = unchanged.difference(raw, replace(came, source=bare))
        if difference or lines != 1:
            changed[name] = difference, lines
    assert changed == {}
