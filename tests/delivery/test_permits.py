"""What lacks a permission is held for it, and goes by itself once it is given."""

from uuid import UUID

import pytest

from portal import db
from portal.accept import Caller
from portal.config import Config
from portal.delivery import outcome
from portal.delivery.parcels import Lease, pack
from portal.errors import Need, Needed
from portal.explanations.graph import TOO_BIG_FOR_ONE_REQUEST
from portal.intake import desk
from portal.mail import permits
from portal.mail.journal import Event
from portal.mail.message import Attachment, Message
from portal.mail.outbox import State, claims, decisions
from portal.workspace import accounts
from portal.workspace.consent import reset
from tests.delivery.drafting import ADMIN
from tests.delivery.steps import events, record, work
from tests.postman import Postman
from tests.sandbox.serving import Sandbox
from tests.trip import ANN, arrive, ask, connect_large, depart

LARGE = Need.LARGE_ATTACHMENTS


def send(size: int = 5_000_000) -> UUID:
    file = Attachment(bytes(size), name="a.bin")
    brought = Message(to="jane@example.com", subject="Report", attachments=[file])
    return UUID(desk.take(brought, Caller(name="test")).id)


def enable(sandbox: Sandbox) -> None:
    change = ask(ADMIN, large=True)
    assert arrive(sandbox.sign_in(None, depart(change.link), as_=ADMIN), admin=ANN)


def waiting() -> int:
    with db.reading() as session:
        return permits.count(session, accounts.find(session).id, LARGE)


def test_it_goes_by_itself_once_it_is_enabled(
    contoso: Config, sandbox: Sandbox
) -> None:
    message = send()
    work()
    assert (record(message).state, record(message).need) == (State.HELD, LARGE)
    assert record(message).reason == TOO_BIG_FOR_ONE_REQUEST.sentence
    assert waiting() == 1

    enable(sandbox)
    work()

    assert (record(message).state, record(message).need) == (State.SENT, Need.NOTHING)
    assert waiting() == 0
    [told] = [event for event in events(message) if event == Event.RESUMED]
    assert told


def test_what_is_held_for_something_else_stays(
    contoso: Config, sandbox: Sandbox
) -> None:
    message = send()
    work()
    with db.session() as session:
        decisions.cancel(session, message, ANN)

    enable(sandbox)
    work()

    assert record(message).state == State.CANCELLED


def test_it_may_be_enabled_while_it_is_being_held(
    contoso: Config, sandbox: Sandbox
) -> None:
    message = send()
    with db.session() as session:
        [claim] = claims.take(session, "w1", 1)
    lease = Lease(claim)
    pack(lease, {"graph": Postman()})
    enable(sandbox)

    outcome.refused(lease, Needed(), lease.took)

    assert record(message).state == State.QUEUED


def test_without_the_switch_it_is_not_used_though_microsoft_still_grants_it(
    house: Config, sandbox: Sandbox
) -> None:
    connect_large(house, sandbox, ADMIN, ADMIN)
    with db.session() as session:
        reset.reset(session, accounts.find(session).id, ANN)
    sandbox.fault("scope-full", times=None)  # Entra tells of all that was granted
    change = ask(ADMIN)
    assert arrive(sandbox.sign_in(None, depart(change.link), as_=ADMIN), admin=ANN)
    message = send()

    work()

    assert record(message).need == LARGE
    assert not sandbox.calls("/messages")


@pytest.mark.parametrize("decided", [decisions.retry, decisions.cancel])
def test_a_decision_ends_the_want(contoso: Config, decided: object) -> None:
    message = send()
    work()

    with db.session() as session:
        decided(session, message, ANN)  # type: ignore[operator]

    assert waiting() == 0
