"""`portal accounts`: how each account stands, and how it is told to send."""

import json

import pytest

from portal import db
from portal.config import Config
from portal.mail import lanes
from portal.mail.message import Attachment
from portal.mail.outbox import State
from portal.workspace import accounts
from portal.workspace.accounts import Envelope, WhenUnsure
from portal.workspace.audit import AuditRow
from tests import stored
from tests.delivery import applying
from tests.delivery.steps import record, work
from tests.mail import backlog
from tests.sandbox.serving import Sandbox
from tests.terminal import Ran, portal


def pace() -> int | None:
    with db.reading() as session:
        return lanes.paced(session, backlog.account())


def when_unsure() -> WhenUnsure:
    with db.reading() as session:
        return accounts.find(session).when_unsure


def envelope() -> Envelope:
    with db.reading() as session:
        return accounts.find(session).envelope


def audited() -> list[tuple[str, str, str]]:
    with db.reading() as session:
        return [(r.actor, r.action, r.subject) for r in session.query(AuditRow)]


def test_the_list_tells_how_each_account_stands(house: Config) -> None:
    ran = portal("accounts", "list")

    words = [word.strip() for word in ran.out.strip().split("  ") if word]
    assert ran.code == 0
    assert words == [
        *("default", "not connected", "–"),
        *("default pace", "when unsure ask", "envelope rewrite"),
    ]


def test_a_connected_account_tells_as_whom_and_how_fast(contoso: Config) -> None:
    portal("accounts", "set", "default", "--per-minute", "30")

    out = portal("accounts", "list").out

    assert "connected        admin@contoso.example  30 a minute" in out


def test_programs_read_what_status_says_of_an_account(contoso: Config) -> None:
    ran = portal("accounts", "list", "--json")

    [told] = [json.loads(line) for line in ran.out.splitlines()]
    assert [told] == json.loads(portal("status", "--json").out)["accounts"]


@pytest.mark.parametrize(
    ("typed", "kept", "said"),
    [
        ("30", 30, "30 a minute"),
        ("0", 0, "no pace"),
        ("default", None, "default pace"),
    ],
)
def test_a_pace_is_set_and_noted(
    house: Config, typed: str, kept: int | None, said: str
) -> None:
    portal("accounts", "set", "default", "--per-minute", "7")

    ran = portal("accounts", "set", "default", "--per-minute", typed)

    assert ran == Ran(code=0, out=f"default: {said}\n", err="")
    assert pace() == kept
    assert audited()[-1] == ("operator", f"changed account: {said}", "default")


def test_both_are_set_at_once_and_noted_in_one_line(house: Config) -> None:
    ran = portal(
        *("accounts", "set", "default"),
        *("--when-unsure", "resend", "--per-minute", "30"),
    )

    assert ran.out == "default: when unsure resend, 30 a minute\n"
    assert (pace(), when_unsure()) == (30, WhenUnsure.RESEND)
    assert len(audited()) == 1


@pytest.mark.parametrize("choice", ["refuse", "rewrite"])
def test_what_an_envelope_does_is_set_and_noted(house: Config, choice: str) -> None:
    ran = portal("accounts", "set", "default", "--envelope", choice)

    assert ran == Ran(code=0, out=f"default: envelope {choice}\n", err="")
    assert envelope() == choice
    assert audited()[-1] == (
        *("operator", f"changed account: envelope {choice}"),
        "default",
    )


def test_what_is_not_named_stays(house: Config) -> None:
    portal("accounts", "set", "default", "--per-minute", "30")

    portal("accounts", "set", "default", "--when-unsure", "resend")

    assert (pace(), when_unsure()) == (30, WhenUnsure.RESEND)


@pytest.mark.parametrize(
    "arguments",
    [
        ["default"],
        ["default", "--per-minute", "-1"],
        ["default", "--per-minute", "many"],
        ["default", "--per-minute", "10001"],
        ["default", "--per-minute", "²"],
        ["default", "--per-minute", ""],
        ["default", "--when-unsure", "never"],
        ["default", "--envelope", "keep"],
        ["nowhere", "--per-minute", "1"],
        [],
    ],
)
def test_what_does_not_do_is_wrong_use_and_changes_nothing(
    house: Config, arguments: list[str]
) -> None:
    ran = portal("accounts", "set", *arguments)

    assert (ran.code, ran.out) == (2, "")
    assert (pace(), when_unsure()) == (None, WhenUnsure.ASK)
    assert stored.rows("audit") == 0


@pytest.fixture
def approved(near: Config, sandbox: Sandbox) -> Config:
    """Register the application, which an administrator has let in."""
    applying.approve(near, sandbox)
    return near


def add(*arguments: str) -> Ran:
    return portal("accounts", "add", "bills", "--application", *arguments)


def test_an_account_that_sends_by_application_is_added(approved: Config) -> None:
    ran = add("--from", "noreply@contoso.example", "--from", "@contoso.example")

    told = "sends by application permission as noreply@contoso.example, any address"
    assert (ran.code, ran.out) == (0, f"bills {told} @contoso.example.\n")
    with db.reading() as session:
        account = accounts.find(session, "bills")
    assert account.senders == ("noreply@contoso.example", "@contoso.example")
    assert (account.sender, account.large_attachments) == (account.senders[0], False)
    assert audited()[-1][2] == "bills"


def test_it_may_send_large_files(approved: Config) -> None:
    add("--from", "contoso.example", "--large")

    with db.reading() as session:
        assert accounts.find(session, "bills").large_attachments


def test_the_list_tells_that_it_sends_by_application(approved: Config) -> None:
    add("--from", "contoso.example")

    out = portal("accounts", "list").out

    assert "any address @contoso.example" in out
    assert out.count("by application") == 1


def test_a_secret_that_is_refused_adds_nothing(
    approved: Config, sandbox: Sandbox
) -> None:
    sandbox.fault("secret-expired")

    ran = add("--from", "contoso.example")

    assert ran.code == 1
    assert "secret has expired" in ran.err
    assert stored.rows("account") == 1


def test_what_cannot_be_proven_is_not_added(approved: Config, sandbox: Sandbox) -> None:
    sandbox.fault("token-down")

    assert add("--from", "contoso.example").code == 1
    assert stored.rows("account") == 1


def test_without_an_application_nothing_is_added(house: Config) -> None:
    ran = add("--from", "contoso.example")

    assert ran.code == 1
    assert "No application is registered" in ran.err
    assert stored.rows("account") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["bills", "--application"],
        ["bills", "--from", "contoso.example"],
        ["bills", "--application", "--from", "a b"],
        ["default", "--application", "--from", "contoso.example"],
    ],
)
def test_what_cannot_be_added_is_wrong_use(
    approved: Config, arguments: list[str]
) -> None:
    assert portal("accounts", "add", *arguments).code == 2
    assert stored.rows("account") == 1


def test_large_files_may_be_switched_on_later(approved: Config) -> None:
    add("--from", "reports@contoso.example")
    file = Attachment(b"x" * 4_500_000, name="large.bin")
    message = applying.send(attachments=[file])
    assert record(message).state == State.HELD

    ran = portal("accounts", "set", "bills", "--large")
    work()

    assert ran == Ran(code=0, out="bills: large file attachments\n", err="")
    assert record(message).state == State.SENT


def test_a_consent_is_not_widened_by_a_command(contoso: Config) -> None:
    ran = portal("accounts", "set", "default", "--large")

    assert ran.code == 2
    assert "settings page" in ran.err
    with db.reading() as session:
        assert not accounts.find(session).large_attachments
