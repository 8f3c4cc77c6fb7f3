"""`portal accounts` for those that a user signs in for, beside the workspace's own."""

import json

import pytest

from portal import db
from portal.config import Config
from portal.explanations import sign_in
from portal.mail import journal
from portal.mail.journal import Event, Line
from portal.mail.outbox import State
from portal.workspace import accounts, connections
from portal.workspace.connections import Connection
from tests import trip
from tests.mail import backlog
from tests.sandbox.serving import Sandbox
from tests.terminal import Ran, portal

REPORTS = "reports@contoso.example"


def add(*more: str) -> Ran:
    return portal("accounts", "add", "billing", "--graph", *more)


def connected(sandbox: Sandbox) -> Connection:
    """Add an account, and connect it as reports@."""
    trip.register()
    add()
    trip.connect_as(sandbox, REPORTS, name="billing")
    found = connection("billing")
    assert found is not None
    return found


def connection(name: str) -> Connection | None:
    with db.reading() as session:
        return connections.find(session, accounts.find(session, name).id)


def sender(name: str) -> str | None:
    with db.reading() as session:
        return accounts.find(session, name).sender


def test_it_waits_for_its_user(house: Config) -> None:
    ran = add("--reply-to", "answers@contoso.example")

    assert (ran.code, ran.out) == (0, "billing sends with the sign-in of a user.\n")
    assert "portal connect billing" in ran.err
    line = portal("accounts", "list").out.splitlines()[-1]
    assert line.startswith("billing  not connected    –")


@pytest.mark.parametrize(
    "command",
    [
        ("status",),
        ("log",),
        ("send", "--to", REPORTS, "--account", "billing", "--wait"),
    ],
    ids=lambda command: command[0],
)
def test_what_is_wrong_with_it_is_put_right_on_its_own_page(
    house: Config, command: tuple[str, ...]
) -> None:
    page = trouble()

    told, as_json = portal(*command), portal(*command, "--json").out

    assert f"Where Settings, {page} " in " ".join((told.out + told.err).split())
    assert f'"place": "{page}"' in as_json
    assert '"place": "/settings"' not in as_json.partition("billing")[2]


def trouble() -> str:
    """Let mail of it need somebody; return where that is ended."""
    add()
    row = sign_in.PASSWORD_CHANGED
    with db.session() as session:
        account_id = accounts.find(session, "billing").id
        line = Line(
            event=Event.ACCOUNT_HELD,
            account_id=account_id,
            reason=row.sentence,
            cause=row.name,
        )
        journal.write(session, line)
    return f"/accounts/{account_id}/settings"


def test_held_mail_is_listed_with_its_own_page(house: Config) -> None:
    page, row = trouble(), sign_in.PASSWORD_CHANGED
    with db.reading() as session:
        message_id = backlog.put(accounts.find(session, "billing").id)
    why = {"reason": row.sentence, "cause": row.name}
    backlog.change(message_id, state=State.HELD, due_at=None, **why)

    [listed] = portal("messages", "list", "--json").out.splitlines()

    assert json.loads(listed)["explanation"]["place"] == page


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--application"], "Please say how it sends"),
        (["--smtp", "mail.example"], "Please say how it sends"),
        (["--from", REPORTS], "portal connect NAME --from"),
        (["--large"], "portal connect NAME --from"),
    ],
)
def test_what_only_its_user_can_say_is_wrong_use(
    house: Config, more: list[str], said: str
) -> None:
    ran = add(*more)

    assert ran.code == 2
    assert said in " ".join(ran.err.split())
    assert "billing" not in portal("accounts", "list").out


def test_microsoft_graph_takes_no_return_path(house: Config) -> None:
    assert add("--return-path", REPORTS).code == 2
    assert "billing" not in portal("accounts", "list").out


def test_a_user_connects_it_and_no_other(near: Config, sandbox: Sandbox) -> None:
    made = connected(sandbox)

    assert (made.username, sender("billing")) == (REPORTS, REPORTS)
    assert (connection("default"), sender("default")) == (None, None)


def test_its_reset_leaves_the_others(near: Config, sandbox: Sandbox) -> None:
    connected(sandbox)
    trip.connect_as(sandbox, trip.ANN)

    ran = portal("accounts", "reset", "billing", "--yes")

    assert (ran.code, ran.err) == (0, "")
    assert "portal connect billing" in ran.out
    assert (connection("billing"), sender("billing")) == (None, None)
    assert trip.in_force()[1] == trip.ANN


@pytest.mark.parametrize(("answer", "kept"), [(b"y\n", False), (b"n\n", True)])
def test_it_asks_back_before_it_resets(
    near: Config, sandbox: Sandbox, answer: bytes, kept: bool
) -> None:
    connected(sandbox)

    ran = portal("accounts", "reset", "billing", piped=answer)

    assert "Reset it?" in ran.err
    assert ran.code == int(kept)
    assert (connection("billing") is not None) == kept


def test_what_nobody_signs_in_for_has_nothing_to_reset(house: Config) -> None:
    portal("accounts", "add", "relay", "--smtp", "mail.example", "--from", REPORTS)

    ran = portal("accounts", "reset", "relay", "--yes")

    assert ran.code == 2
    assert "without a user's consent" in " ".join(ran.err.split())


def test_it_is_removed_with_its_connection(near: Config, sandbox: Sandbox) -> None:
    account_id = connected(sandbox).account_id

    ran = portal("accounts", "remove", "billing")

    assert ran.code == 0
    with db.reading() as session:
        assert connections.find(session, account_id) is None


def test_the_account_of_tenant_settings_stays(house: Config) -> None:
    add()
    portal("accounts", "default", "billing")

    ran = portal("accounts", "remove", "default")

    assert ran.code == 2
    assert "the account of Tenant Settings" in " ".join(ran.err.split())
