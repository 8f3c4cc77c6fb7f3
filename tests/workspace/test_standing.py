"""How the portal stands: the one truth that pages tell."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from portal import clock, config, db, vault
from portal.config import Config
from portal.errors import CannotDecrypt, IssuerError
from portal.explanations import network
from portal.explanations.own import OTHER_APPLICATION
from portal.mail import lanes
from portal.mail.lanes import LaneRow
from portal.mail.lanes.flow import FAILURES
from portal.mail.lanes.troubles import UNREACHABLE
from portal.mail.tally import depth
from portal.sandbox.seeds import TENANT_ID
from portal.workspace import accounts, standing
from portal.workspace.accounts import Settings
from portal.workspace.consent import reset
from portal.workspace.standing import NOBODY_WORKS, Brief, Outline, Standing, State
from tests import trip
from tests.conftest import Passing
from tests.mail import backlog
from tests.sandbox.serving import Sandbox
from tests.workspace import grants

ID = UUID(int=7)  # of another application
ANN = "admin@contoso.example"
ALEX = "alex@contoso.example"


def now() -> Standing:
    with db.reading() as session:
        return standing.now(session)


@pytest.fixture
def registered(house: Config, sandbox: Sandbox) -> Sandbox:
    """Open a house that is registered and not connected."""
    config.use(replace(house, login_url=sandbox.url, graph_url=sandbox.url))
    trip.register()
    return sandbox


def test_at_first_nothing_is_registered(either_house: Config) -> None:
    found = now()

    assert found.state is State.NOT_REGISTERED
    assert (found.connection, found.change, found.reason) == (None, None, "")


def test_then_nothing_is_connected_and_mail_waits(registered: Sandbox) -> None:
    backlog.put(backlog.account())

    assert now().state is State.NOT_CONNECTED
    assert now().waiting == 1


def test_an_approval_that_was_refused_is_waited_for(registered: Sandbox) -> None:
    address = trip.depart_to_approve(trip.ask(ANN).approval_link)
    back = registered.sign_in(None, address, as_=ALEX)
    with pytest.raises(IssuerError):
        trip.arrive(back)

    found = now()

    assert found.state is State.WAITING
    assert found.change is not None
    assert found.change.sender == ANN


def lane(failures: int = 0, **seconds: int) -> None:
    """Let the one lane be so, so many seconds from now."""
    times = {name: clock.now() + timedelta(seconds=n) for name, n in seconds.items()}
    with db.session() as session:
        session.execute(update(LaneRow).values(failures=failures, **times))


def reasons(account: UUID) -> list[str]:
    """Tell why an account is in trouble: asked for alone, and with others."""
    with db.reading() as session:
        known = accounts.by_id(session, account)
        since = depth.oldest(session, [account])
        return [
            standing.brief(session, known).reason,
            standing.briefs(session, [known], since)[account].reason,
        ]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({}, NOBODY_WORKS),
        ({"paused_until": 600}, ""),
        ({"rests_until": 600}, ""),
        ({"claimed_at": -10}, ""),
        ({"failures": FAILURES}, UNREACHABLE),
    ],
)
def test_late_mail_is_nobodys_fault_while_its_mailbox_moves(
    either_house: Config, passes: Passing, more: dict[str, int], reason: str
) -> None:
    backlog.open_lane(account := backlog.account())
    backlog.put(account)
    passes(minutes=2)
    lane(**more)

    assert reasons(account) == [reason, reason]


@pytest.mark.parametrize("waits", [False, True], ids=["is due", "waits its turn"])
def test_mail_that_is_late_since_its_mailbox_fails_tells_the_cause(
    either_house: Config, passes: Passing, waits: bool
) -> None:
    backlog.open_lane(account := backlog.account())
    backlog.put(account)
    if waits:
        [claim] = backlog.take()
        backlog.postpone(claim, clock.now() + timedelta(hours=1))
    passes(minutes=2)
    row = network.UNRESOLVED
    with db.session() as session:
        said = {"failed_reason": row.sentence, "failed_cause": row.name}
        session.execute(update(LaneRow).values(failures=FAILURES, **said))

    with db.reading() as session:
        known = accounts.by_id(session, account)
        told = standing.brief(session, known).told
        since = depth.oldest(session, [account])
        together = standing.briefs(session, [known], since)[account].told

    assert told == together
    assert told is not None
    assert (told.name, told.who, told.steps) == (row.name, row.who, row.steps)
    assert told.why.startswith(UNREACHABLE)


def test_mail_of_an_account_that_was_just_released_is_not_late(
    either_house: Config, passes: Passing
) -> None:
    backlog.open_lane(account := backlog.account())
    backlog.put(account)
    backlog.hold(account)
    passes(minutes=2)
    with db.session() as session:
        lanes.release(session, account)

    told = [reasons(account)]
    passes(minutes=2)
    told.append(reasons(account))

    assert told == [[""] * 2, [NOBODY_WORKS] * 2]


def test_connected_is_connected(registered: Sandbox) -> None:
    trip.connect_as(registered, ANN)

    found = now()

    assert (found.state, found.reason) == (State.CONNECTED, "")
    assert found.connection is not None
    assert found.account.sender == ANN


def test_what_holds_an_account_needs_attention(registered: Sandbox) -> None:
    trip.connect_as(registered, ANN)
    with db.session() as session:
        lanes.hold(
            session,
            backlog.account(),
            lanes.Hold(reason="No Send As.", command="Add-It 'so'"),
        )

    found = now()

    assert found.state is State.NEEDS_ATTENTION
    assert (found.reason, found.command) == ("No Send As.", "Add-It 'so'")
    assert found.since


def test_a_sign_in_that_is_over_has_to_be_made_again(registered: Sandbox) -> None:
    connection, _ = trip.connect_as(registered, ANN)
    with db.session() as session:
        row = session.get_one(type(grants.row(connection.id)), connection.id)
        row.trouble = "Microsoft no longer accepts it."

    found = now()

    assert found.state is State.RECONNECT
    assert found.reason == "Microsoft no longer accepts it."
    assert found.connection is not None


def test_the_tokens_of_another_microsoft_are_not_used(
    registered: Sandbox, house: Config
) -> None:
    trip.connect_as(registered, ANN)
    config.use(house)

    found = now()

    assert found.state is State.RECONNECT
    assert found.cause == OTHER_APPLICATION.name


def test_programs_are_told_of_the_tokens_of_another_application(
    registered: Sandbox,
) -> None:
    trip.connect_as(registered, ANN)
    here = config.current()
    other = replace(here, tenant_id=TENANT_ID, client_id=str(ID), client_secret="s")
    assert [each.outline for each in briefs()] == [Outline.CONNECTED] * 2

    config.use(other)

    assert [each.outline for each in briefs()] == [Outline.NEEDS_ATTENTION] * 2
    assert [each.told and each.told.name for each in briefs()] == [
        OTHER_APPLICATION.name
    ] * 2


def briefs() -> list[Brief]:
    """Ask of the one account alone, and among all."""
    with db.reading() as session:
        known = accounts.find(session)
        several = standing.briefs(session, [known], {})
        return [standing.brief(session, known), several[known.id]]


def test_after_reset_nothing_is_connected(registered: Sandbox) -> None:
    trip.connect_as(registered, ANN)
    with db.session() as session:
        reset.reset(session, backlog.account(), ANN)

    found = now()

    assert (found.state, found.reason) == (State.NOT_CONNECTED, "")
    assert found.connection is None


def test_a_from_without_a_connection_says_why(registered: Sandbox) -> None:
    account = backlog.account()
    with db.session() as session:
        settings = Settings(sender=ANN, large_attachments=False)
        accounts.apply(session, account, settings, "operator")
        lanes.close(session, account, "The registered application was replaced.")

    found = now()

    assert found.state is State.RECONNECT
    assert found.reason == "The registered application was replaced."


def test_without_its_key_nothing_can_be_told(house: Config) -> None:
    vault.lock()

    with pytest.raises(CannotDecrypt):
        now()
