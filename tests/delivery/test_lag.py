"""A permission that was just given, and is not known everywhere at Microsoft yet."""

from collections.abc import Callable

import pytest

from portal import db
from portal.config import Config
from portal.delivery.backoff import LONGEST_PAUSE
from portal.explanations.graph import NO_ACCESS, NO_SEND_AS, SPREADING
from portal.mail import lanes
from portal.mail.journal import Event
from portal.mail.outbox import State
from portal.workspace import tokens
from tests.conftest import Passing
from tests.delivery import drafting
from tests.delivery.drafting import ADMIN, NOREPLY
from tests.delivery.steps import events, record, work
from tests.mail import backlog
from tests.sandbox.serving import Sandbox
from tests.trip import connect_large

SECONDS = LONGEST_PAUSE.total_seconds()

Connect = Callable[[], object]


@pytest.fixture(params=[ADMIN, NOREPLY], ids=["own", "another"])
def sign_in(
    request: pytest.FixtureRequest, house: Config, sandbox: Sandbox, passes: Passing
) -> Connect:
    """Hand out what connects the account: its mail leaves whole, or as a draft."""
    return lambda: connect_large(house, sandbox, ADMIN, request.param)


@pytest.fixture
def early(sandbox: Sandbox, sign_in: Connect) -> Sandbox:
    """Connect before Microsoft knows everywhere what was consented to."""
    sandbox.fault("permission-lag", after_seconds=3600)
    sign_in()
    return sandbox


def held() -> str:
    """Name what holds the account; "" if nothing does."""
    with db.reading() as session:
        hold = lanes.holding(session, backlog.account())
    return hold.cause if hold else ""


def test_the_first_mail_waits_for_it_and_leaves_with_a_new_token(
    early: Sandbox, passes: Passing
) -> None:
    message = drafting.send()
    waiting = record(message)
    early.clear()

    passes(seconds=SECONDS)
    work()

    assert (waiting.state, waiting.cause) == (State.QUEUED, SPREADING.name)
    assert record(message).state == State.SENT
    assert Event.HELD not in events(message)


def test_what_lasts_longer_than_that_holds_the_account(
    early: Sandbox, passes: Passing
) -> None:
    message = drafting.send()

    passes(seconds=tokens.FRESH.total_seconds())
    work()

    assert (record(message).state, held()) == (State.HELD, NO_ACCESS.name)


def test_a_later_try_takes_no_token_from_before_the_permission(
    early: Sandbox, passes: Passing
) -> None:
    passes(seconds=tokens.FRESH.total_seconds())
    message = drafting.send()
    early.clear()

    passes(seconds=10)
    with db.session() as session:
        lanes.probe(session, backlog.account())
    work()

    assert (record(message).state, held()) == (State.SENT, "")


def test_a_token_from_before_the_permission_is_renewed_at_once(
    early: Sandbox, passes: Passing
) -> None:
    passes(seconds=tokens.FRESH.total_seconds())
    early.clear()

    message = drafting.send()

    assert (record(message).state, held()) == (State.SENT, "")
    assert Event.DEFERRED not in events(message)
    assert len(early.calls("/token")) == 1


def test_who_is_denied_with_a_new_token_too_asks_no_third_time(
    sandbox: Sandbox, sign_in: Connect, passes: Passing
) -> None:
    sign_in()
    passes(seconds=tokens.FRESH.total_seconds())
    sandbox.clear()
    sandbox.fault("error", None, status=403, code="ErrorAccessDenied")

    drafting.send()

    assert held() == NO_ACCESS.name
    assert len(sandbox.calls("/v1.0")) == 2


@pytest.mark.parametrize("aged", [0.0, tokens.FRESH.total_seconds()])
def test_a_look_up_is_renewed_for_as_sending_is(
    sandbox: Sandbox, sign_in: Connect, passes: Passing, aged: float
) -> None:
    sign_in()
    passes(seconds=aged)
    sandbox.fault("504-accepted")
    message = drafting.send()
    sandbox.fault("error", status=403, code="ErrorAccessDenied")

    passes(seconds=6)
    work()

    assert record(message).state == State.SENT


@pytest.mark.parametrize(
    ("status", "code", "cause"),
    [
        (403, "ErrorAccessDenied", ""),
        (403, "Authorization_RequestDenied", ""),
        (403, "ErrorSendAsDenied", NO_SEND_AS.name),
        (403, "extensionError", NO_ACCESS.name),
        (403, "SomethingNew", NO_ACCESS.name),
    ],
)
def test_only_a_missing_permission_is_waited_for(
    sandbox: Sandbox, sign_in: Connect, status: int, code: str, cause: str
) -> None:
    sign_in()
    sandbox.fault("error", times=None, status=status, code=code)

    message = drafting.send()

    assert held() == cause
    told = record(message)
    assert (told.state == State.QUEUED) is (cause == "")
