"""`portal connect --device`, against the sandbox: a code, and the wait for it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from portal import db
from portal.config import Config
from portal.explanations import Explanation, sign_in
from portal.explanations.own import consent, identity
from portal.workspace import accounts
from portal.workspace.consent import changes
from tests import stored, trip
from tests.sandbox.serving import Sandbox
from tests.terminal import portal
from tests.trip import ANN

NOREPLY = "noreply@contoso.example"
PAT = "pat@fabrikam.example"


@pytest.fixture
def hasty(near: Config, sandbox: Sandbox) -> Sandbox:
    """Register with a Microsoft that lets one ask about a code every second."""
    trip.register()
    sandbox.fault("device-haste", None)
    return sandbox


@contextmanager
def connecting(house: Config, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Run `portal connect` in a process of its own, with somebody who answers it."""
    command = [sys.executable, "-m", "portal", "connect", *options]
    environ = os.environ | {
        "PORTAL_INSTANCE": str(house.instance),
        "PORTAL_LOGIN_URL": house.login_url,
        "PORTAL_GRAPH_URL": house.graph_url,
    }
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, env=environ, stdin=pipe, stdout=pipe, stderr=pipe, text=True
    ) as waiting:
        yield waiting
        waiting.kill()


def told(waiting: subprocess.Popen[str]) -> tuple[str, str]:
    """Read where to type in which code."""
    assert waiting.stdout
    shown = waiting.stdout.readline() + waiting.stdout.readline()
    found = re.fullmatch(
        r"Please open (\S+) in a browser, on any device,\nand enter the code (\w+)\n",
        shown,
    )
    assert found, shown
    return found[1], found[2]


def nothing_pends() -> bool:
    with db.reading() as session:
        return changes.pending(session, accounts.find(session).id) is None


@pytest.mark.parametrize("options", [["--device"], ["--oauth2-flow", "device"]])
def test_a_code_connects_whoever_types_it_in(
    near: Config, hasty: Sandbox, options: list[str]
) -> None:
    with connecting(near, *options) as waiting:
        hasty.enter_code(*told(waiting))
        out, err = waiting.communicate(timeout=20)

    last = "Connected as admin@contoso.example; mail leaves as admin@contoso.example.\n"
    assert (waiting.returncode, out, err) == (0, last, "")


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1), ("", 1)])
def test_another_account_is_confirmed_at_the_terminal(
    near: Config, hasty: Sandbox, answer: str, code: int
) -> None:
    with connecting(near, "--device", "--from", NOREPLY) as waiting:
        hasty.enter_code(*told(waiting))
        out, err = waiting.communicate(answer, timeout=20)

    assert waiting.returncode == code
    assert f"Expected {NOREPLY}, signed in as admin@contoso.example" in err
    assert "needs Send As" in err
    assert (f"mail leaves as {NOREPLY}" in out) is (code == 0)
    assert nothing_pends()


@pytest.mark.parametrize(
    ("faults", "as_", "answer", "row"),
    [
        ({"no-refresh-token": {}}, ANN, "accept", consent.NOT_LASTING),
        ({"scope-missing": {"scope": "Mail.Send"}}, ANN, "accept", consent.NOT_GRANTED),
        ({"guest": {}}, PAT, "accept", identity.GUEST),
        ({}, ANN, "cancel", sign_in.DECLINED),
    ],
)
def test_what_fails_is_told_as_on_a_page_and_leaves_nothing_pending(
    near: Config,
    hasty: Sandbox,
    faults: dict[str, dict[str, str]],
    as_: str,
    answer: str,
    row: Explanation,
) -> None:
    for kind, more in faults.items():
        hasty.fault(kind, None, **more)

    with connecting(near, "--device") as waiting:
        hasty.enter_code(*told(waiting), as_=as_, answer=answer)
        _out, err = waiting.communicate(timeout=20)

    why = row.why.format(issuer="Microsoft", permissions="Mail.Send")
    steps = [f"{number}. {step}" for number, step in enumerate(row.steps, 1)]
    said = " ".join(err.split())
    assert waiting.returncode == 1
    assert said.startswith(row.title)
    assert why in said
    assert f"What to do {' '.join(steps)} Who must act {row.who.called}" in said
    assert f"Where {row.place.called} Nothing has changed" in said
    assert nothing_pends()


def test_without_an_application_there_is_no_code(near: Config) -> None:
    ran = portal("connect", "--device")

    assert (ran.code, ran.out) == (1, "")
    assert stored.rows("pending_change") == 0
