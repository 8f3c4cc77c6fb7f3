"""What can be known of a From address before a mail is sent; nothing is left of it."""

import pytest

from portal import db
from portal.config import Config
from portal.errors import Deferred, Withheld
from portal.mail import lanes
from portal.watch.verify import preflight
from portal.watch.verify.preflight import Kind, Preflight
from portal.workspace import accounts
from tests.delivery.drafting import ADMIN, NOREPLY, send
from tests.mail import backlog
from tests.sandbox.serving import Sandbox
from tests.trip import connect_large

ALIAS, GROUP = "it@contoso.example", "team@contoso.example"
REPORTS = "reports@contoso.example"


def looked() -> Preflight:
    with db.reading() as session:
        account = accounts.find(session)
    return preflight.look(account, account.sender or "")


def test_the_own_address_needs_nothing(contoso: Config, sandbox: Sandbox) -> None:
    found = looked()

    assert (found.kind, found.proven, found.command) == (Kind.OWN, True, "")
    assert found.right == preflight.NO_RIGHT
    assert sandbox.calls("/messages") == []


@pytest.mark.parametrize(
    ("sender", "kind"),
    [(ALIAS, Kind.ALIAS), (NOREPLY, Kind.MAILBOX), (GROUP, Kind.GROUP)],
)
def test_other_addresses_are_told_apart(
    house: Config, sandbox: Sandbox, sender: str, kind: Kind
) -> None:
    connect_large(house, sandbox, ADMIN, sender)

    found = looked()

    assert found.kind == kind
    assert found.road == preflight.DRAFTED
    assert sandbox.mails() == []  # nothing was sent
    asked = [call["method"] for call in sandbox.calls("/messages")]
    assert asked.count("DELETE") == asked.count("POST") == 1  # and nothing is left


def test_an_alias_tells_what_recipients_see(house: Config, sandbox: Sandbox) -> None:
    connect_large(house, sandbox, ADMIN, ALIAS)

    found = looked()

    assert ADMIN in found.seems
    assert "SendFromAliasEnabled" in found.command


def test_a_mailbox_tells_where_its_copies_are(house: Config, sandbox: Sandbox) -> None:
    connect_large(house, sandbox, ADMIN, NOREPLY)

    assert f"'{NOREPLY}' -MessageCopyForSentAsEnabled $true" in looked().copies


def test_without_the_permission_less_can_be_seen(
    house: Config, sandbox: Sandbox
) -> None:
    connect_large(house, sandbox, ADMIN, NOREPLY)
    with db.session() as session:
        session.get_one(
            accounts.AccountRow, backlog.account()
        ).large_attachments = False
    sandbox.clear()

    found = looked()

    assert (found.kind, found.road) == (Kind.OTHER, preflight.AS_JSON)
    assert sandbox.calls("/messages") == []


def test_the_right_is_named_with_the_line_that_gives_it(
    house: Config, sandbox: Sandbox
) -> None:
    connect_large(house, sandbox, ADMIN, NOREPLY)

    found = looked()

    assert (found.right, found.proven) == (preflight.UNPROVEN, False)
    assert f"-Identity '{NOREPLY}' -Trustee '{ADMIN}'" in found.command


def test_an_accepted_mail_proves_it(house: Config, sandbox: Sandbox) -> None:
    connect_large(house, sandbox, ADMIN, NOREPLY)
    send()

    assert looked().right == preflight.PROVEN


def test_a_busy_mailbox_is_left_alone(house: Config, sandbox: Sandbox) -> None:
    connect_large(house, sandbox, ADMIN, NOREPLY)
    with db.session() as session:
        lanes.allow(session, 0)
    sandbox.clear()

    with pytest.raises(Deferred, match="busy"):
        looked()

    assert sandbox.calls("/messages") == []


def test_the_own_mailbox_is_looked_for_where_that_may_be(
    house: Config, sandbox: Sandbox
) -> None:
    connect_large(house, sandbox, ADMIN, ADMIN)
    sandbox.fault("error", status=404, code="MailboxNotEnabledForRESTAPI")

    with pytest.raises(Withheld, match="mailbox"):
        looked()
