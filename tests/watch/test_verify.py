"""What can be known of a From address before a mail is sent; nothing is left of it."""

import pytest

from portal import db
from portal.config import Config
from portal.explanations.graph import NO_SEND_AS
from portal.mail import lanes
from portal.watch import verify
from portal.watch.verify import Kind, Preflight
from portal.workspace import accounts
from tests.delivery.drafting import ADMIN, NOREPLY, send
from tests.mail import backlog
from tests.sandbox.serving import Sandbox
from tests.trip import connect_large

ALIAS, GROUP = "it@contoso.example", "team@contoso.example"
REPORTS = "reports@contoso.example"


def preflight() -> Preflight:
    return verify.preflight(backlog.account())


def test_the_own_address_needs_nothing(contoso: Config, sandbox: Sandbox) -> None:
    found = preflight()

    assert (found.kind, found.well, found.command) == (Kind.OWN, True, "")
    assert found.right == verify.NO_RIGHT
    assert sandbox.calls("/messages") == []


@pytest.mark.parametrize(
    ("sender", "kind"),
    [(ALIAS, Kind.ALIAS), (NOREPLY, Kind.MAILBOX), (GROUP, Kind.GROUP)],
)
def test_other_addresses_are_told_apart(
    house: Config, sandbox: Sandbox, sender: str, kind: Kind
) -> None:
    connect_large(house, sandbox, ADMIN, sender)

    found = preflight()

    assert found.kind == kind
    assert found.road == verify.DRAFTED
    assert sandbox.mails() == []  # nothing was sent
    asked = [call["method"] for call in sandbox.calls("/messages")]
    assert asked.count("DELETE") == asked.count("POST") == 1  # and nothing is left


def test_an_alias_tells_what_recipients_see(house: Config, sandbox: Sandbox) -> None:
    connect_large(house, sandbox, ADMIN, ALIAS)

    found = preflight()

    assert ADMIN in found.seems
    assert "SendFromAliasEnabled" in found.command


def test_a_mailbox_tells_where_its_copies_are(house: Config, sandbox: Sandbox) -> None:
    connect_large(house, sandbox, ADMIN, NOREPLY)

    assert f"'{NOREPLY}' -MessageCopyForSentAsEnabled $true" in preflight().copies


def test_without_the_permission_less_can_be_seen(
    house: Config, sandbox: Sandbox
) -> None:
    connect_large(house, sandbox, ADMIN, NOREPLY)
    with db.session() as session:
        session.get_one(
            accounts.AccountRow, backlog.account()
        ).large_attachments = False
    sandbox.clear()

    found = preflight()

    assert (found.kind, found.road) == (Kind.OTHER, verify.AS_JSON)
    assert sandbox.calls("/messages") == []


def test_the_missing_right_is_named_with_the_line_that_gives_it(
    house: Config, sandbox: Sandbox
) -> None:
    connect_large(house, sandbox, ADMIN, NOREPLY)
    assert preflight().right == verify.UNPROVEN
    sandbox.fault("send-as-withdrawn", times=None)
    send()

    found = preflight()

    assert (found.right, found.well) == (NO_SEND_AS.sentence, False)
    assert f"-Identity '{NOREPLY}' -Trustee '{ADMIN}'" in found.command


def test_an_accepted_mail_proves_it(house: Config, sandbox: Sandbox) -> None:
    connect_large(house, sandbox, ADMIN, NOREPLY)
    send()

    assert preflight().right == verify.PROVEN


@pytest.mark.parametrize("fault", ["503", "401", "dropped", "gateway"])
def test_what_fails_on_the_way_is_told(
    house: Config, sandbox: Sandbox, fault: str
) -> None:
    connect_large(house, sandbox, ADMIN, NOREPLY)
    sandbox.fault(fault, only="/messages")

    found = preflight()

    assert (found.kind, found.well) == (Kind.UNKNOWN, False)
    assert found.seems


def test_a_busy_mailbox_is_left_alone(house: Config, sandbox: Sandbox) -> None:
    connect_large(house, sandbox, ADMIN, NOREPLY)
    with db.session() as session:
        lanes.allow(session, 0)
    sandbox.clear()

    assert preflight().seems == verify.BUSY
    assert sandbox.calls("/messages") == []


def test_what_is_not_connected_says_so(house: Config) -> None:
    assert preflight().seems == verify.NO_SENDER
