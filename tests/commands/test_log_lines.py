"""`portal log`: what happened, line by line, for people and for programs."""

import json
import signal
import subprocess
import sys
import threading

from portal import db
from portal.config import Config
from portal.errors import Answer, Rejected
from portal.explanations import graph
from portal.mail import journal
from portal.mail.journal import Event, Line
from tests.commands.sending import send_one
from tests.terminal import portal


def test_the_log_tells_the_story_in_order(contoso: Config) -> None:
    message_id = send_one()

    ran = portal("log")

    lines = [line for line in ran.out.splitlines() if str(message_id) in line]
    assert [line.split("  ")[1].strip() for line in lines] == [
        "accepted",
        "sending",
        "sent",
    ]


def test_the_log_shows_one_kind_of_line_however_far_back(contoso: Config) -> None:
    failed = send_one(Rejected("No such mailbox.", answer=Answer(status=400)))
    with db.session() as session:
        for _ in range(150):
            journal.write(session, Line(event=Event.ACCEPTED))

    ran = portal("log", "--status", "failed")

    line, answer = ran.out.splitlines()
    assert str(failed) in line
    assert line.endswith("No such mailbox.")
    assert answer.split() == ["Answer", "400"]


def test_the_log_as_json_is_one_object_a_line(contoso: Config) -> None:
    message_id = send_one(Rejected("No such mailbox.", answer=Answer(status=400)))

    lines = [json.loads(line) for line in portal("log", "--json").out.splitlines()]

    told = lines[-1]
    assert told["event"] == "failed"
    assert told["message"] == str(message_id)
    assert told["answer"]["status"] == 400


def test_an_unknown_kind_is_wrong_use(house: Config) -> None:
    assert portal("log", "--status", "delivered").code == 2


def test_the_log_is_followed_until_told_to_stop(house: Config) -> None:
    command = [sys.executable, "-m", "portal", "log", "--follow", "--json"]
    following = subprocess.Popen(
        command,
        env={"PORTAL_INSTANCE": str(house.instance)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    killer = threading.Timer(30, following.kill)
    killer.start()
    portal("send", "--to", "jane@example.com")
    assert following.stdout
    first = following.stdout.readline()
    portal("send", "--to", "joe@example.com")
    second = following.stdout.readline()

    following.send_signal(signal.SIGINT)
    _out, err = following.communicate()
    killer.cancel()

    assert [json.loads(line)["event"] for line in (first, second)] == ["accepted"] * 2
    assert (following.returncode, err) == (0, "")


def test_below_a_line_stands_what_to_do_and_who_does_it(contoso: Config) -> None:
    row = graph.NO_SEND_AS
    send_one(row.error())

    out = portal("log").out

    [head] = [line for line in out.splitlines() if "  account held  " in line]
    assert head.endswith(f"  {row.title}. {row.why}")
    assert f"    What to do    1. {row.steps[0][:40]}" in out
    assert f"    Command       {row.command}\n" in out
    assert f"    Who must act  {row.who.called}\n" in out
    assert "\x1b" not in out
