"""`portal connect`, against the sandbox: a link, and the wait for whoever opens it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest

from portal import db
from portal.config import Config
from portal.errors import PortalError
from portal.workspace import accounts
from portal.workspace.consent import changes, reset
from portal.workspace.consent.changes import Change
from tests import stored, trip
from tests.sandbox.serving import Sandbox
from tests.terminal import portal

ANNOUNCED = "Please visit the following URL to authenticate account\n"


def test_the_link_stands_below_its_announcement(near: Config, sandbox: Sandbox) -> None:
    trip.register()

    with connecting(near) as waiting:
        link = announced(waiting)
        trip.arrive(sandbox.sign_in(None, trip.depart(link)))
        out, err = waiting.communicate(timeout=20)

    last = "Connected as admin@contoso.example; mail leaves as admin@contoso.example.\n"
    assert (waiting.returncode, out, err) == (0, last, "")


def test_trouble_on_the_way_is_told_and_the_link_lives_on(
    near: Config, sandbox: Sandbox
) -> None:
    trip.register()

    with connecting(near) as waiting:
        link = announced(waiting)
        with pytest.raises(PortalError):
            trip.arrive(sandbox.sign_in(None, trip.depart(link), answer="cancel"))
        trouble, hint = told(waiting)
        trip.arrive(sandbox.sign_in(None, trip.depart(link)))
        out, err = waiting.communicate(timeout=20)

    assert trouble.startswith("The approval was declined. What to do 1. Please have")
    assert "Nothing has changed" in trouble
    assert "still serves" in hint
    assert (waiting.returncode, err) == (0, "")
    assert "Connected as admin@contoso.example" in out


def test_another_account_has_to_be_confirmed(near: Config, sandbox: Sandbox) -> None:
    trip.register()

    with connecting(near, "--from", "noreply@contoso.example") as waiting:
        link = announced(waiting)
        trip.arrive(sandbox.sign_in(None, trip.depart(link)))
        expected, hint = told(waiting)
        trip.confirm(pending(), "operator")
        out, err = waiting.communicate(timeout=20)

    assert expected.startswith(
        "Expected noreply@contoso.example, signed in as admin@contoso.example."
    )
    assert "Use this account" in expected
    assert "still serves" in hint
    assert (waiting.returncode, err) == (0, "")
    assert "mail leaves as noreply@contoso.example" in out


def test_where_an_admin_has_to_approve_the_link_is_told(
    near: Config, sandbox: Sandbox
) -> None:
    trip.register()

    with connecting(near) as waiting:
        announced(waiting)
        link = pending().approval_link
        away = trip.depart_to_approve(link)
        with pytest.raises(PortalError):
            trip.arrive(sandbox.sign_in(None, away, answer="cancel"))
        trouble, _hint = told(waiting)

    assert trouble.endswith(f" opens http://localhost:5000/approve/{link}")


def renew(account_id: UUID) -> None:
    trip.invite()


def discard(account_id: UUID) -> None:
    with db.session() as session:
        change = changes.pending(session, account_id)
        assert change
        changes.discard(session, change.id, trip.ANN)


def take_back(account_id: UUID) -> None:
    with db.session() as session:
        reset.reset(session, account_id, trip.ANN)


@pytest.mark.parametrize(
    ("end", "why"),
    [(renew, "a newer one"), (discard, "discarded"), (take_back, "was Reset")],
)
def test_a_link_that_has_ended_says_why(
    near: Config, end: Callable[[UUID], None], why: str
) -> None:
    trip.register()

    with connecting(near) as waiting:
        announced(waiting)
        end(pending().account_id)
        out, _err = waiting.communicate(timeout=20)

    assert waiting.returncode == 1
    assert out.startswith("This link has ended: ")
    assert why in out


def test_whoever_stops_waiting_hears_no_complaint(near: Config) -> None:
    trip.register()

    with connecting(near) as waiting:
        announced(waiting)
        waiting.send_signal(signal.SIGINT)
        out, err = waiting.communicate(timeout=20)

    assert (waiting.returncode, out, err.strip()) == (1, "", "Aborted!")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [([], 1), (["nowhere"], 2), (["--from", "nobody"], 2)],
)
def test_no_link_without_whom_it_is_for(
    near: Config, arguments: list[str], code: int
) -> None:
    if arguments:
        trip.register()

    ran = portal("connect", *arguments)

    assert (ran.code, ran.out) == (code, "")
    assert stored.rows("pending_change") == 0


@contextmanager
def connecting(house: Config, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Run `portal connect` in a process of its own."""
    command = [sys.executable, "-m", "portal", "connect", *options]
    environ = os.environ | {"PORTAL_INSTANCE": str(house.instance)}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, env=environ, stdout=pipe, stderr=pipe, text=True
    ) as waiting:
        yield waiting
        waiting.kill()


def announced(waiting: subprocess.Popen[str]) -> str:
    """Read what it prints first; return the link's secret."""
    assert waiting.stdout
    assert waiting.stdout.readline() == ANNOUNCED
    base, _, secret = waiting.stdout.readline().strip().rpartition("/")
    assert base == "http://localhost:5000/connect"
    return secret


def told(waiting: subprocess.Popen[str]) -> tuple[str, str]:
    """Read what it says about the way, and what to do then."""
    assert waiting.stderr
    lines = [waiting.stderr.readline()]
    while "link still serves" not in lines[-1] and lines[-1]:
        lines.append(waiting.stderr.readline())
    return " ".join(" ".join(lines[:-1]).split()), lines[-1]


def pending() -> Change:
    """Return what the link leads to."""
    with db.reading() as session:
        found = changes.pending(session, accounts.find(session).id)
    assert found
    return found
