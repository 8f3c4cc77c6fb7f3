"""`portal send` where a program expects sendmail: arguments, flags, and real git."""

import sys
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from portal import db
from portal.config import Config
from portal.mail import content
from portal.mail.outbox import MessageRow
from tests import stored
from tests.corpus import others
from tests.terminal import Ran, portal

BARE = b"To: Jane <jane@example.com>\nBcc: jim@example.com\nSubject: Hi\n\n.\nafter\n"
MAIL = b"From: Ann <ann@contoso.example>\n" + BARE
HIDDEN = "hidden@example.com"


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What was taken: from whom, to whom, and what of it is kept."""

    sender: str
    to: list[str]
    cc: list[str]
    bcc: list[str]
    mail: EmailMessage


def taken(ran: Ran) -> Taken:
    assert (ran.code, ran.err) == (0, "")
    return kept(UUID(ran.out.split()[0]))


def kept(message_id: UUID) -> Taken:
    """Return what is kept of a mail without files."""
    with db.reading() as session:
        row = session.get_one(MessageRow, message_id)
        held = content.find(session, message_id)
        chunk, last = content.read(session, held, 0, 0)
    assert last
    mail = message_from_bytes(chunk, policy=default)
    people = {name: [*getattr(row, name)] for name in ("to", "cc", "bcc")}
    return Taken(sender=row.sender, mail=mail, **people)


def test_recipients_beside_the_command_alone_get_it(house: Config) -> None:
    ran = portal("send", "-i", "jane@example.com", "kim@example.com", piped=MAIL)

    found = taken(ran)
    assert (found.to, found.bcc) == (["jane@example.com"], ["kim@example.com"])
    assert "Bcc" not in found.mail
    assert found.mail.get_content().splitlines() == [".", "after"]


@pytest.mark.parametrize(
    "flags",
    [
        ("-t",),
        ("-t", "-i"),
        ("-ti",),
        ("-oi", "-t"),
        ("-bm", "-oi", "-oem", "-t"),
        ("-t", "-i", "-f", "bounces@contoso.example", "-F", "Cron"),
    ],
)
def test_by_header_it_goes_to_whom_that_names(
    house: Config, flags: tuple[str, ...]
) -> None:
    found = taken(portal("send", *flags, piped=MAIL))

    assert (found.to, found.bcc) == (["jane@example.com"], ["jim@example.com"])
    assert found.mail["From"] == "Ann <ann@contoso.example>"


@pytest.mark.parametrize(
    ("flags", "sender"),
    [
        (("-fann@contoso.example",), "ann@contoso.example"),
        (("-r", "ann@contoso.example"), "ann@contoso.example"),
        (("-f", "ann@contoso.example", "-FCron"), "Cron <ann@contoso.example>"),
        (
            ("-f", "ann@contoso.example", "-F", "Jürgen"),
            "Jürgen <ann@contoso.example>",
        ),
    ],
)
def test_a_mail_without_a_from_is_given_the_one_of_the_command(
    house: Config, flags: tuple[str, ...], sender: str
) -> None:
    found = taken(portal("send", *flags, "-t", piped=BARE))

    assert found.mail["From"] == sender
    assert found.sender == "ann@contoso.example"


def test_a_bounce_comes_from_the_account(house: Config) -> None:
    assert taken(portal("send", "-f", "<>", "-t", piped=MAIL)).sender == (
        "ann@contoso.example"
    )


def test_a_from_in_the_body_is_no_from(house: Config) -> None:
    mail = b"To: jane@example.com\n\nFrom: Eve <eve@x.example>\n"

    found = taken(portal("send", "-f", "ann@contoso.example", "-t", piped=mail))

    assert found.sender == "ann@contoso.example"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("-t", "jane@example.com"), "-t"),
        (("-bs",), "-bm"),
        (("-f", "nobody"), "-f"),
        (("-f", "a@x.example", "-F", "A\nBcc: eve@x.example"), "-f"),
        (("not an address",), "recipients[0]"),
        (("jane@example.com", "--to", "kim@example.com"), "recipients"),
        (("jane@example.com", "--subject", "Hi"), "subject"),
    ],
)
def test_what_cannot_be_done_is_refused(
    house: Config, words: tuple[str, ...], why: str
) -> None:
    ran = portal("send", *words, piped=MAIL)

    assert (ran.code, ran.out) == (2, "")
    assert why in ran.err
    assert stored.rows() == 0


def test_git_hands_over_to_the_command_itself(
    house: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_INSTANCE", str(house.instance))
    sendmail = f"--sendmail-cmd='{sys.executable}' -m portal send -i"

    others.git_sends(tmp_path, "ann@contoso.example", [sendmail, f"--bcc={HIDDEN}"])

    with db.reading() as session:
        found = [kept(each) for each in session.scalars(select(MessageRow.id))]
    assert len(found) == others.SERIES
    assert all(each.bcc == [HIDDEN] for each in found)
    assert not any(HIDDEN in each.mail.as_string() for each in found)
