"""Mail of a held account leaves by another server, over real sockets, each once."""

from datetime import timedelta
from uuid import UUID

import pytest

from portal import config, db
from portal.config import Config
from portal.delivery.graph import Graph
from portal.delivery.transport import Transport
from portal.delivery.worker import Worker
from portal.mail import leftovers
from portal.mail.outbox import MessageRow, State
from portal.watch import leftovers as watch
from portal.workspace import accounts
from tests.delivery.drafting import kept, send_unanswered
from tests.delivery.fallback.standing_in import NAME, choose, held, put
from tests.delivery.smtp.obeying import Obeying, obeying
from tests.delivery.smtp.posting import add, transport
from tests.delivery.steps import later, record
from tests.journeys.running import eventually
from tests.mail import backlog
from tests.processes import environ, started
from tests.sandbox.serving import Sandbox

FULL = {"status": 507, "code": "ErrorQuotaExceeded"}
WITHDRAWN = {"status": 403, "code": "ErrorSendAsDenied"}


def stand_in(mail: Obeying) -> UUID:
    """Let the default account fall back on this server."""
    other = add(mail.server(), name=NAME).id
    choose(backlog.account(), other)
    return other


def work_by_both() -> None:
    with transport() as smtp:
        graph = Graph(config.current().graph_url)
        both: dict[str, Transport] = {"graph": graph, "smtp": smtp}
        while Worker(both).work_once():
            pass


def sent_by(mails: list[bytes]) -> list[str]:
    """Return the subjects of what a server took."""
    lines = [line for mail in mails for line in mail.decode().splitlines()]
    return [line.removeprefix("Subject: ") for line in lines if "Subject: " in line]


def test_each_message_arrives_once_though_a_worker_is_killed(
    contoso: Config, sandbox: Sandbox
) -> None:
    chosen = environ(contoso.instance) | {
        "PORTAL_LOGIN_URL": sandbox.url,
        "PORTAL_GRAPH_URL": sandbox.url,
    }
    sandbox.fault("error", times=None, only="/sendMail", **FULL)
    with obeying() as mail:
        stand_in(mail)
        put_down = {str(n): put(subject=str(n)) for n in range(40)}
        with started(chosen, "worker") as first:
            eventually(lambda: len(mail.mails) > 5)
            first.process.kill()
        with started(chosen, "worker"):
            settled = {State.SENT, State.UNCONFIRMED}
            eventually(lambda: {record(m).state for m in put_down.values()} <= settled)
        subjects = sent_by(mail.mails)

    sent = {name for name, m in put_down.items() if record(m).state == State.SENT}
    assert len(subjects) == len(set(subjects))
    assert sent <= set(subjects)
    assert len(sent) >= 32  # what both may send at once is in doubt
    assert sandbox.mails() == []
    assert held(backlog.account())


def test_a_draft_that_stays_behind_is_deleted(
    drafting: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafting.fault("error", times=None, only="/send ", **WITHDRAWN)
    with obeying() as mail:
        stand_in(mail)
        message = put()
        work_by_both()
        assert len(mail.mails) == len(kept(message)) == 1
    drafting.clear()
    later(monkeypatch, timedelta(minutes=5))

    for account, left in watch.due():
        watch.delete(account, left)

    assert record(message).state == State.SENT
    assert kept(message) == []
    assert watch.due() == []


def test_a_draft_that_was_refused_for_sure_leaves_later(
    drafting: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafting.fault("503", only="/send ")
    with obeying() as mail:
        stand_in(mail)
        message = put()
        work_by_both()
        waited = record(message).state
        drafting.fault("error", times=None, only="/messages/", **WITHDRAWN)
        later(monkeypatch, timedelta(minutes=5))
        work_by_both()

    assert waited == State.QUEUED
    assert (record(message).state, len(mail.mails)) == (State.SENT, 1)


def test_a_draft_whose_answer_was_lost_before_does_not_leave(
    drafting: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with obeying() as mail:
        stand_in(mail)
        message = send_unanswered(drafting, monkeypatch)
        drafting.fault("503", only="/send ")
        later(monkeypatch, timedelta(minutes=5))
        work_by_both()
        backlog.hold(backlog.account())
        later(monkeypatch, timedelta(minutes=10))
        work_by_both()

    assert record(message).state == State.HELD
    assert mail.mails == []


def test_what_cannot_be_deleted_now_stays_known(house: Config) -> None:
    account = backlog.account()
    backlog.open_lane(account)
    message = backlog.put(account)
    with db.session() as session:
        row = session.get_one(MessageRow, message)
        row.draft_id = "AAk="
        leftovers.leave(session, row, backlog.LANE)

    with db.session() as session:
        [left] = leftovers.find(session, account, backlog.LANE)
        taken = [leftovers.take(session, left) for _ in range(2)]
        leftovers.put_back(session, left)

    assert taken == [True, False]
    with db.reading() as session:
        assert leftovers.find(session, account, backlog.LANE) == [left]
        assert accounts.find(session).id == left.orphan_of
