"""A real mail server behind the door: what it is told, and what it makes of it."""

import smtplib
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path

from portal.config import Config
from tests import stored
from tests.corpus import journey
from tests.corpus.reading import leaves
from tests.delivery.steps import work
from tests.intake.smtp.talking import ANN, Door, listening
from tests.postfix import Postfix, relaying
from tests.sandbox.serving import Sandbox

CROWD = [f"reader{number}@x.example" for number in range(120)]
STATUS = " status="
TEXT = "Größe.\n.\n..\n"
SAID = TEXT.rstrip().replace("\n", "\r\n").encode()  # as `leaves` tells texts
FILE = bytes(range(256)) * 500


def hand_over(postfix: Postfix, to: list[str], sender: str = ANN) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, ", ".join(to), "Größe"
    mail.set_content(TEXT, cte="8bit")
    mail.add_attachment(FILE, "application", "octet-stream")
    with smtplib.SMTP(*postfix.bind) as client:
        client.send_message(mail, to_addrs=to)


def status(lines: list[str]) -> list[str]:
    return [line.split(STATUS)[1].split()[0] for line in lines]


def test_a_mail_to_a_crowd_comes_in_parts_and_reaches_each_once(
    house: Config, sandbox: Sandbox
) -> None:
    journey.connected("own", house, sandbox)
    with listening(house) as door, relaying(door) as postfix:
        hand_over(postfix, CROWD)
        lines = postfix.settled(len(CROWD))
    work()

    mails = sandbox.mails()
    copies = [each for m in mails for name in ("to", "cc", "bcc") for each in m[name]]
    assert status(lines) == ["sent"] * len(CROWD)
    assert "250 2.0.0 queued as " in lines[0]
    assert len(mails) == 3
    assert sorted(copies) == sorted(CROWD)
    assert {mail["headers"]["Subject"] for mail in mails} == {"Größe"}
    for each in mails:
        came = [leaf.sha256 for leaf in leaves(sandbox.source(each))]
        assert came == [sha256(data).hexdigest() for data in (SAID, FILE)]


def test_it_speaks_encrypted(house: Config, sandbox: Sandbox, file: Path) -> None:
    journey.connected("own", house, sandbox)
    with (
        listening(house, certificate=str(file)) as door,
        relaying(door, encrypted=True) as postfix,
    ):
        hand_over(postfix, CROWD[:1])
        lines = postfix.settled(1)
    work()

    [mail] = sandbox.mails()
    assert status(lines) == ["sent"]
    assert mail["to"] == CROWD[:1]
    assert "with ESMTPSA; " in mail["headers"]["Received"]


def test_what_is_refused_bounces_at_once(door: Door) -> None:
    with relaying(door) as postfix:
        hand_over(postfix, CROWD[:1], sender="eve@x.example")
        lines = postfix.settled(2)

    # The second is the bounce itself, from nobody: it names no From of ours either.
    assert "bounced" in status(lines)
    assert "550 5.7.1 from: this account sends as" in "\n".join(lines)
    assert stored.rows("message") == 0
