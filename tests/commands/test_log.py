"""`portal log` asks for sign-ins: with a link at a terminal, and in no file."""

import os
import pty
import re
import subprocess
import sys
from uuid import UUID

import pytest
from sqlalchemy import update

from portal import db
from portal.config import Config
from portal.workspace import accounts
from portal.workspace.connections import ConnectionRow
from portal.workspace.consent import changes
from tests import stored, trip
from tests.mail import backlog
from tests.terminal import portal

ASKED = "Please visit the following URL to authenticate account default:"
LINK = re.compile(r"http://localhost:5000/connect/(\S+)")


def at_terminal(house: Config, *words: str) -> tuple[str, str]:
    """Run `portal log` whose standard error is a terminal; return what both say."""
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        ran = subprocess.run(
            [sys.executable, "-m", "portal", "log", *words],
            env=os.environ | {"PORTAL_INSTANCE": str(house.instance)},
            stdout=subprocess.PIPE,
            stderr=theirs,
            text=True,
            check=True,
        )
        os.close(theirs)
        return ran.stdout, _all_of(terminal)


def _all_of(terminal: object) -> str:
    said = b""
    try:
        while more := terminal.read(4096):  # type: ignore[attr-defined]
            said += more
    except OSError:  # so a terminal ends on Linux
        pass
    return said.decode().replace("\r\n", "\n")


def pending() -> str:
    with db.reading() as session:
        change = changes.pending(session, accounts.find(session).id)
    assert change
    return change.link


@pytest.fixture
def signed_out(contoso: Config) -> Config:
    """Have Microsoft want a new sign-in."""
    with db.session() as session:
        session.execute(update(ConnectionRow).values(trouble="Please sign in again."))
    return contoso


def test_the_link_is_shown_beside_the_log_and_stays_the_same(
    signed_out: Config,
) -> None:
    out, err = at_terminal(signed_out)
    _, again = at_terminal(signed_out, "--json")

    [link] = LINK.findall(err)
    assert err == f"{ASKED}\nhttp://localhost:5000/connect/{link}\n"
    assert link == pending()
    assert LINK.findall(again) == [link]
    assert "connect/" not in out


def test_what_an_admin_has_asked_for_is_not_replaced(signed_out: Config) -> None:
    asked = trip.ask("noreply@contoso.example")

    _, err = at_terminal(signed_out)

    assert LINK.findall(err) == [asked.link]
    assert pending() == asked.link


def test_where_it_may_be_kept_only_the_command_is_named(signed_out: Config) -> None:
    before = stored.rows("pending_change")

    ran = portal("log")

    assert ran.err == f"{ASKED}\nsee: portal connect default\n"
    assert stored.rows("pending_change") == before


def test_who_waits_for_a_first_sign_in_is_asked_for_it(near: Config) -> None:
    trip.register()
    backlog.put(backlog.account())

    assert portal("log").err.startswith(ASKED)


@pytest.mark.parametrize("registered", [True, False])
def test_nobody_is_asked_for_what_nothing_waits_for(
    near: Config, registered: bool
) -> None:
    if registered:
        trip.register()

    assert portal("log").err == ""


def test_a_connected_account_asks_for_nothing(contoso: Config) -> None:
    assert portal("log").err == ""


def test_what_a_message_is_names_its_line_too(contoso: Config) -> None:
    sent = portal("send", "--to", "jane@example.com")
    message_id = UUID(sent.out.split()[0])

    [line] = portal("log", "--status", "queued").out.splitlines()

    assert str(message_id) in line
    assert "accepted" in line
