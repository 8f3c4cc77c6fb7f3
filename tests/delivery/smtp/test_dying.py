"""A worker that dies by SMTP: nothing is lost, and nothing is sent twice unsaid."""

from datetime import timedelta

import pytest

from portal import db
from portal.delivery.parcels import Lease, pack
from portal.mail.outbox import ClaimLost, State, claims
from tests.delivery.dying import Died, Dying
from tests.delivery.smtp.obeying import Obeying
from tests.delivery.smtp.posting import JANE, JOE, add, parts, put, transport, work
from tests.delivery.steps import later, record

GREY = "450 4.7.1 greylisted"


def die(monkeypatch: pytest.MonkeyPatch, step: str, after: int = 0) -> None:
    """Work as a worker does that dies at a step; then its lease ends."""
    with db.session() as session:
        [claim] = claims.take(session, "a worker that dies now", 1)
    lease = Lease(claim)
    with transport() as smtp:
        _, parcel = pack(lease, {"smtp": smtp})
        with pytest.raises(Died):
            smtp.deliver(parcel, Dying(lease, step, after))
    later(monkeypatch, claims.LEASE + timedelta(seconds=1))


def test_who_dies_before_the_dot_has_sent_nothing(
    mail: Obeying, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(mail.server())
    message = put()
    die(monkeypatch, "breathed", after=2)  # in the midst of its content

    work()

    assert record(message).state == State.SENT
    assert len(mail.mails) == 1
    assert len(mail.said("DATA")) == 2


def test_who_dies_when_the_dot_may_have_gone_leaves_a_doubt(
    mail: Obeying, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(mail.server())
    message = put()
    die(monkeypatch, "begun")

    work()
    later(monkeypatch, timedelta(minutes=1))
    work()

    assert record(message).state == State.UNCONFIRMED
    assert "cannot be asked" in record(message).reason
    assert len(mail.said("DATA")) == 1


@pytest.mark.parametrize("step", ["divided", "breathed"])
def test_who_dies_around_a_division_loses_and_doubles_nobody(
    mail: Obeying, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    mail.replies[f"RCPT {JOE}"] = [GREY, GREY]
    add(mail.server())
    message = put(to=[JANE, JOE])
    die(monkeypatch, step, after=3 if step == "breathed" else 0)

    for _ in range(3):
        work()
        later(monkeypatch, timedelta(minutes=20))

    [part] = parts(message)
    assert (record(message).state, record(part.id).state) == (State.SENT,) * 2
    assert len(mail.mails) == 2


def test_who_lost_the_lease_sends_no_dot(
    mail: Obeying, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(mail.server())
    put()
    with db.session() as session:
        [claim] = claims.take(session, "w1", 1)
    lease = Lease(claim)
    with db.session() as session:
        claims.prepare(session, claim, "")

    with transport() as smtp:
        _, parcel = pack(lease, {"smtp": smtp})
        later(monkeypatch, claims.LEASE + timedelta(seconds=1))
        work()
        with pytest.raises(ClaimLost):
            smtp.deliver(parcel, lease)

    assert len(mail.mails) == 1
