"""A permission that an admin took back at Microsoft, and what mail makes of it."""

import pytest

from portal import clock, db
from portal.config import Config
from portal.explanations.graph import SPREADING, TOO_BIG_FOR_ONE_REQUEST
from portal.explanations.own.consent import WITHDRAWN
from portal.explanations.row import Who
from portal.mail import journal
from portal.mail.journal import Event
from portal.mail.message import Attachment
from portal.mail.outbox import State
from portal.watch import renewal
from portal.workspace import accounts, standing, tokens
from portal.workspace.connections import ConnectionRow
from tests import trip
from tests.conftest import Passing
from tests.delivery import drafting
from tests.delivery.drafting import ADMIN, NOREPLY
from tests.delivery.steps import record, work
from tests.mail import backlog
from tests.sandbox.serving import Sandbox
from tests.trip import ANN, ask, connect_large
from tests.watch.steps import connection, hold, refresh_token
from tests.workspace.consent.watching import sign_in

LARGE = [Attachment(b"x" * 4_500_000, name="large.bin")]
SAID = WITHDRAWN.sentence.format(issuer="Microsoft", permissions="Mail.Send")


@pytest.fixture(params=[ADMIN, NOREPLY], ids=["own", "another"])
def microsoft(
    request: pytest.FixtureRequest, house: Config, sandbox: Sandbox
) -> Sandbox:
    """Connect the account as admin@, some time ago: its token is at its end."""
    connected, _ = connect_large(house, sandbox, ADMIN, request.param)
    with db.session() as session:
        row = session.get_one(ConnectionRow, connected.id)
        row.connected_at -= tokens.FRESH
        row.access_until = clock.now()
    return sandbox


def withdraw(sandbox: Sandbox, scope: str) -> None:
    sandbox.fault("scope-missing", None, scope=scope)


def test_without_the_right_to_send_mail_waits_for_a_sign_in(
    microsoft: Sandbox,
) -> None:
    withdraw(microsoft, "Mail.Send")

    message = drafting.send()

    held = hold()
    assert held
    assert (held.reason, held.cause) == (SAID, WITHDRAWN.name)
    assert (record(message).state, record(message).reason) == (State.HELD, SAID)
    assert microsoft.calls("/v1.0") == []
    with db.reading() as session:
        now = standing.now(session)
        lines = [line for _, line in journal.latest(session, 100)]
    assert (now.state, now.reason) == (standing.State.RECONNECT, SAID)
    assert now.told
    assert (now.told.who, now.told.where) == (Who.WORKSPACE, "Tenant Settings")
    [told] = [line for line in lines if line.event == Event.ACCOUNT_HELD]
    assert (told.reason, told.cause) == (SAID, WITHDRAWN.name)


def test_the_daily_renewal_notices_it_before_any_mail_does(
    microsoft: Sandbox, passes: Passing
) -> None:
    withdraw(microsoft, "Mail.Send")
    before = refresh_token()
    passes(days=1)

    [due] = renewal.due()
    renewal.renew(due)

    held = hold()
    assert held
    assert held.cause == WITHDRAWN.name
    assert refresh_token() not in ("", before)
    assert connection().scopes.isdisjoint({"Mail.Send"})


def test_given_back_at_microsoft_it_goes_without_a_sign_in(
    microsoft: Sandbox, passes: Passing
) -> None:
    withdraw(microsoft, "Mail.Send")
    message = drafting.send()
    microsoft.clear()

    passes(minutes=15)
    work()

    assert record(message).state == State.SENT
    assert (hold(), connection().trouble) == (None, "")
    assert "Mail.Send" in connection().scopes


def test_a_new_sign_in_lets_it_go(microsoft: Sandbox) -> None:
    withdraw(microsoft, "Mail.Send")
    message = drafting.send()
    microsoft.clear()
    with db.reading() as session:
        sender = accounts.find(session).sender or ""

    trip.arrive(sign_in(microsoft, ask(sender, large=True).link, ADMIN), admin=ANN)
    work()

    assert record(message).state == State.SENT


def test_without_reading_small_mail_goes_on_and_large_mail_is_held(
    microsoft: Sandbox,
) -> None:
    withdraw(microsoft, "Mail.ReadWrite")

    small, large = drafting.send(), drafting.send(attachments=LARGE)

    assert record(small).state == State.SENT
    assert (record(large).state, record(large).cause) == (
        State.HELD,
        TOO_BIG_FOR_ONE_REQUEST.name,
    )
    assert (hold(), connection().trouble) == (None, "")
    assert microsoft.calls("POST /v1.0/me/messages") == []


def test_reading_that_ends_in_the_middle_sends_it_another_way(
    microsoft: Sandbox, passes: Passing
) -> None:
    tokens.current(backlog.account())
    passes(minutes=5)
    withdraw(microsoft, "Mail.ReadWrite")
    microsoft.fault("error", status=403, code="ErrorAccessDenied")

    message = drafting.send()
    passes(minutes=1)
    work()

    assert record(message).state == State.SENT
    assert hold() is None


def test_with_reading_given_back_large_mail_goes_by_itself(
    microsoft: Sandbox, passes: Passing
) -> None:
    withdraw(microsoft, "Mail.ReadWrite")
    large = drafting.send(attachments=LARGE)
    microsoft.clear()

    passes(hours=2)
    tokens.current(backlog.account())
    work()

    assert record(large).state == State.SENT


def test_an_answer_without_a_scope_withdraws_nothing(microsoft: Sandbox) -> None:
    microsoft.fault("scope-absent", None)

    message = drafting.send()

    assert record(message).state == State.SENT
    assert connection().withdrawn == frozenset()


def test_right_after_a_consent_it_is_waited_for(
    house: Config, sandbox: Sandbox, passes: Passing
) -> None:
    connect_large(house, sandbox, ADMIN, ADMIN)
    tokens.spoil(tokens.current(backlog.account()))
    withdraw(sandbox, "Mail.Send")
    early = drafting.send()
    waiting = record(early)

    passes(seconds=tokens.FRESH.total_seconds())
    work()

    assert (waiting.state, waiting.cause) == (State.QUEUED, SPREADING.name)
    assert (record(early).state, record(early).cause) == (State.HELD, WITHDRAWN.name)
