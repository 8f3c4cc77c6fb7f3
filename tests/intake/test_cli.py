"""`portal send`: options, a mail from standard input, what it prints, how it ends."""

import json
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import psutil
import pytest

from portal import config, db
from portal.config import Config
from portal.errors import Answer, Rejected, Scope, Withheld
from portal.explanations import tell
from portal.explanations.own import NOT_CONNECTED
from portal.mail.journal import Event
from portal.mail.outbox import State, records
from portal.mail.outbox.records import Record
from tests import stored
from tests.delivery.fallback import standing_in
from tests.journeys.running import eventually
from tests.mail import backlog
from tests.postman import Postman
from tests.sandbox.serving import Sandbox
from tests.terminal import Ran, portal
from tests.trip import connect_large
from tests.working import working

FULL = Withheld("The mailbox is full.", scope=Scope.ACCOUNT)
MAIL = b"""\
From: Reports <reports@contoso.example>
To: Jane <jane@example.com>
Bcc: jim@example.com
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=

It works.
"""


def record(ran: Ran) -> Record:
    assert (ran.code, ran.err) == (0, "")
    message_id, _status = ran.out.split()
    with db.reading() as session:
        return records.find(session, UUID(message_id))


def test_a_mail_is_accepted_with_all_its_options(house: Config, tmp_path: Path) -> None:
    paths = [tmp_path / "a.txt", tmp_path / "b.pdf"]
    for path in paths:
        path.write_bytes(b"hello")

    ran = portal(
        *("send", "--to", "jane@example.com", "--to", "Joe <joe@example.com>"),
        *("--cc", "kim@example.com", "--bcc", "jim@example.com", "--subject", "Hello"),
        *("--reply-to", "help@example.com", "--text", "Hi", "--html", "<p>Hi"),
        *("--attach", str(paths[0]), "--attach", str(paths[1]), "--account", "default"),
        *("--priority", "high", "--expires-at", "2999-01-01T00:00:00+01:00"),
        *("--from", "reports@contoso.example", "--idempotency-key", "k"),
    )

    found = record(ran)
    assert found.subject == "Hello"
    assert found.expires_at
    assert stored.rows("chunk") == 3


def test_it_prints_the_id_and_the_status(house: Config) -> None:
    ran = portal("send", "--to", "jane@example.com")

    assert ran == Ran(code=0, out=f"{record(ran).id} queued\n", err="")


def test_a_finished_mail_comes_from_standard_input(house: Config) -> None:
    ran = portal("send", "--account", "default", piped=MAIL)

    found = record(ran)
    assert (found.subject, found.sender) == ("Grüße", "reports@contoso.example")


def test_the_same_mail_twice_under_one_key_is_one(house: Config) -> None:
    runs = [
        portal("send", "--idempotency-key", "a", piped=MAIL),
        portal("send", "--idempotency-key", "a", piped=MAIL),
    ]

    assert len({record(ran).id for ran in runs}) == 1
    assert stored.rows("message") == 1


def test_another_mail_under_the_same_key_is_refused(house: Config) -> None:
    portal("send", "--idempotency-key", "a", "--to", "jane@example.com")

    ran = portal("send", "--idempotency-key", "a", piped=MAIL)

    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)


@pytest.mark.parametrize(
    ("options", "piped", "field"),
    [
        ([], b"", "to"),
        ([], b"To: jane", "to[0]"),
        ([], b"Subject: to nobody\n\nHi", "to"),
        ([], b"\x00\xff", "to"),
        (["--subject", "Hello"], MAIL, "subject"),
        (["--priority", "high"], MAIL, "priority"),
        (["--from", "a@b.example"], MAIL, "from"),
        (["--account", "nowhere"], MAIL, "account"),
        (["--to", "a@b.example", "--account", ""], b"", "account"),
        (["--to", "a@b.example", "--priority", "urgent"], b"", "priority"),
        (["--to", "a@b.example", "--idempotency-key", ""], b"", "Idempotency-Key"),
        (["--to", "a@b.example", "--attach", "/nowhere"], b"", "attach[0]"),
        (["--to", "a@b.example", "--attach", "/"], b"", "attach[0]"),
        (["--to", "a@b.example", "--attach", ""], b"", "attach[0]"),
        (["--to", "a@b.example", "--attach", "a\nb"], b"", "attach[0]"),
        (["--to", "a@b.example", "--attach", "a\0b"], b"", "attach[0]"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    house: Config, options: list[str], piped: bytes, field: str
) -> None:
    ran = portal("send", *options, piped=piped)

    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert ran.err.startswith(f"portal: {field}: ")
    assert stored.rows() == 0


def test_a_mail_larger_than_a_message_may_be_is_not_read_to_its_end(
    house: Config,
) -> None:
    config.use(replace(house, max_message=1_000_000))

    ran = portal("send", piped=MAIL + b"x" * 1_000_000)

    assert (ran.code, ran.err) == (
        2,
        "portal: A message has at most 1,000,000 bytes.\n",
    )


def test_waiting_ends_when_the_mail_is_sent(contoso: Config) -> None:
    with working({"graph": Postman()}):
        ran = portal("send", "--to", "jane@example.com", "--wait")

    assert ran.code == 0
    assert ran.out.endswith(" sent\n")


def test_waiting_shows_how_far_the_files_are(
    house: Config, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    connect_large(house, sandbox, "admin@contoso.example", "admin@contoso.example")
    (tmp_path / "a.bin").write_bytes(bytes(8_000_000))
    sandbox.latency(0.4)  # longer than from one look to the next
    monkeypatch.setenv("FORCE_COLOR", "1")  # as at a terminal

    with working():
        words = ("--to", "jane@example.com", "--attach", str(tmp_path / "a.bin"))
        ran = portal("send", *words, "--wait")

    assert ran.code == 0
    assert "3.9/8.0 MB" in ran.err
    assert "MB/s" in ran.err


@pytest.mark.parametrize(
    ("said", "state"),
    [
        (Rejected("Nobody of that name.", answer=Answer(status=400)), "failed"),
        (FULL, "held"),
    ],
)
def test_waiting_ends_when_it_cannot_be_sent(
    contoso: Config, said: Exception, state: str
) -> None:
    with working({"graph": Postman(said)}):
        ran = portal("send", "--to", "jane@example.com", "--wait")

    assert ran.code == 1
    assert ran.out.endswith(f" {state}\n")
    assert ran.err.strip()


def test_waiting_ends_with_where_to_give_what_it_needs(
    contoso: Config, sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "a.bin").write_bytes(bytes(5_000_000))
    words = ("--to", "jane@example.com", "--attach", str(tmp_path / "a.bin"))

    with working():
        ran = portal("send", *words, "--wait")

    message_id, state = ran.out.split()
    assert (ran.code, state) == (1, "held")
    there = f"{config.current().base_url}/messages/{message_id}"
    assert "1. Please enable large file attachments, or press Sign In" in ran.err
    assert ran.err.endswith(f"Enable them at {there}.\n")


def test_waiting_ends_when_nobody_is_connected(house: Config) -> None:
    ran = portal("send", "--to", "jane@example.com", "--wait")

    assert ran.code == 1
    assert ran.out.endswith(" held\n")
    assert ran.err.startswith("The account is not connected yet.\n")
    assert "Who must act  a workspace admin, at this portal\n" in ran.err


def test_waiting_goes_on_while_the_fallback_of_its_account_takes_it(
    house: Config,
) -> None:
    account, _other = standing_in.pair()

    with working({"graph": Postman(FULL), "smtp": Postman()}):
        ran = [portal("send", "--to", "jane@example.com", "--wait") for _ in range(5)]

    assert {(each.code, each.out.split()[-1]) for each in ran} == {(0, "sent")}
    assert standing_in.held(account) == "The mailbox is full."


def test_waiting_ends_when_the_fallback_may_not_send_it(house: Config) -> None:
    standing_in.pair()
    sending = ("send", "--to", "jane@example.com", "--from", standing_in.OWN)

    with working({"graph": Postman(FULL), "smtp": Postman()}):
        ran = portal(*sending, "--wait")

    assert (ran.code, ran.out.split()[-1]) == (1, "held")


def test_programs_are_told_the_same_as_json(house: Config) -> None:
    waiting = ("send", "--to", "jane@example.com", "--wait", "--json")

    ran = portal(*waiting)

    told = json.loads(ran.out)
    assert (ran.code, ran.err, told["status"]) == (1, "", "held")
    assert told["explanation"] == tell(told["reason"], NOT_CONNECTED.name).plain
    assert json.loads(portal(*waiting[:3], "--json").out)["status"] == "queued"


@pytest.mark.parametrize(
    ("state", "decisions"),
    [("held", ["retry"]), ("unconfirmed", ["arrived", "resend"]), ("failed", [])],
)
def test_waiting_ends_with_what_to_type_where_somebody_must_act(
    house: Config, state: str, decisions: list[str]
) -> None:
    sending = ("send", "--to", "jane@example.com", "--idempotency-key", "a")
    message = record(portal(*sending)).id
    backlog.open_lane(backlog.account())
    [claim] = backlog.take()
    backlog.settle(claim, State(state), Event(state))

    ran = portal(*sending, "--wait")

    typed = re.findall(r"portal messages (\w+) (\S+\b)", ran.err)
    assert (ran.code, ran.out) == (1, f"{message} {state}\n")
    assert typed == [(decision, str(message)) for decision in decisions]


def test_whoever_stops_waiting_learns_which_mail_it_was(contoso: Config) -> None:
    command = [
        sys.executable,
        "-m",
        "portal",
        "send",
        "--to",
        "j@example.com",
        "--wait",
    ]
    waiting = subprocess.Popen(
        command,
        env={"PORTAL_INSTANCE": str(contoso.instance)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    eventually(lambda: stored.rows("message") == 1)
    # Between the commit and the waiting nobody could tell yet; each look is a pause.
    pauses = psutil.Process(waiting.pid).num_ctx_switches
    accepted = pauses().voluntary
    eventually(lambda: pauses().voluntary > accepted + 5)

    waiting.send_signal(signal.SIGINT)
    out, err = waiting.communicate(timeout=20)

    assert waiting.returncode == 1
    assert out.endswith(" queued\n")
    assert err.strip() == "Aborted!"
