"""Verify setup where an admin took back at Microsoft what was consented to."""

import pytest

from portal import clock, db
from portal.config import Config
from portal.explanations import sign_in
from portal.explanations.own.consent import WITHDRAWN
from portal.watch.verify.grant import SPREADS
from portal.workspace import tokens
from portal.workspace.connections import ConnectionRow
from portal.workspace.verification import Name
from tests.delivery.drafting import ADMIN, NOREPLY
from tests.sandbox.serving import Sandbox
from tests.trip import connect_large
from tests.watch.steps import connection, hold
from tests.watch.verify.looking import OK, SKIPPED, failure, run, step


@pytest.fixture(params=[ADMIN, NOREPLY], ids=["own", "another"])
def microsoft(
    request: pytest.FixtureRequest, house: Config, sandbox: Sandbox
) -> Sandbox:
    """Connect with large file attachments, as admin@."""
    connect_large(house, sandbox, ADMIN, request.param)
    return sandbox


def age() -> None:
    """Let a consent be older than Microsoft needs to know it everywhere."""
    with db.session() as session:
        row = session.get_one(ConnectionRow, connection().id)
        row.connected_at -= tokens.FRESH
        row.access_until = clock.now()


def test_consent_that_is_gone_is_found_when_the_sign_in_is_renewed(
    microsoft: Sandbox,
) -> None:
    age()
    microsoft.fault("consent-lost")

    found = run()

    assert failure(found) == (Name.CONSENT, sign_in.NOT_APPROVED.name)
    assert step(found, Name.RENEWAL).behind == Name.CONSENT


def test_a_missing_right_to_send_is_named_and_holds_the_account(
    microsoft: Sandbox,
) -> None:
    age()
    microsoft.fault("scope-missing", None)

    found = run()

    said = WITHDRAWN.sentence.format(issuer="Microsoft", permissions="Mail.Send")
    assert failure(found) == (Name.CONSENT, WITHDRAWN.name)
    assert step(found, Name.CONSENT).said == said
    held = hold()
    assert held
    assert (held.reason, held.cause) == (said, WITHDRAWN.name)


def test_what_large_mail_lacks_is_named_and_holds_nothing(microsoft: Sandbox) -> None:
    age()
    microsoft.fault("scope-missing", None, scope="Mail.ReadWrite")

    found = run()

    assert failure(found) == (Name.CONSENT, WITHDRAWN.name)
    assert "no longer grants: Mail.ReadWrite." in step(found, Name.CONSENT).said
    assert step(found, Name.RENEWAL).outcome == OK
    assert hold() is None


def test_nobody_misses_what_no_call_needs(microsoft: Sandbox) -> None:
    age()
    microsoft.fault("scope-missing", None, scope="Mail.ReadWrite.Shared")

    found = run()

    assert step(found, Name.CONSENT).outcome == OK
    assert "Mail.ReadWrite.Shared" in connection().withdrawn


def test_soon_after_a_consent_nothing_is_said_to_be_gone(microsoft: Sandbox) -> None:
    microsoft.fault("scope-missing", None)

    found = run()

    said = {each: step(found, each) for each in (Name.CONSENT, Name.SENDER)}
    assert {each.outcome for each in said.values()} == {SKIPPED}
    assert {each.said for each in said.values()} == {SPREADS.format(issuer="Microsoft")}
    assert hold() is None


def test_soon_after_a_consent_what_large_mail_waits_for_is_not_said_to_be_granted(
    microsoft: Sandbox,
) -> None:
    microsoft.fault("scope-missing", None, scope="Mail.ReadWrite")

    found = run()

    consent = step(found, Name.CONSENT)
    spreads = SPREADS.format(issuer="Microsoft")
    assert (consent.outcome, consent.said) == (SKIPPED, spreads)
    assert step(found, Name.RENEWAL).outcome == OK
    assert not connection().withdrawn
