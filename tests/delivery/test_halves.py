"""No mail goes without one of its files, or with one twice, whatever cut it short."""

from datetime import timedelta
from uuid import UUID

import pytest

from portal import db
from portal.config import Config
from portal.mail import lanes
from portal.mail.lanes import budgets, charges
from portal.mail.message import Attachment
from portal.mail.outbox import State
from portal.microsoft.attachments import RANGE
from portal.workspace import accounts
from tests.delivery.drafting import ADMIN, go_on
from tests.delivery.dying import die
from tests.delivery.steps import later, record, work
from tests.delivery.uploading import LARGE, arrived, file, looks, send
from tests.sandbox.serving import Sandbox
from tests.trip import connect_large

HALF = 1_800_000  # bytes: fits into one request, and not into half of one


@pytest.fixture
def own(house: Config, sandbox: Sandbox) -> Sandbox:
    """Connect as admin@ with large file attachments, to send as itself."""
    connect_large(house, sandbox, ADMIN, ADMIN)
    return sandbox


def use_up(mailbox_of: UUID) -> None:
    """Let large messages take all that they may of the mailbox's bytes."""
    with db.session() as session:
        feed = session.get_one(lanes.FeedRow, mailbox_of)
        assert feed.lane_id is not None
        while not charges.afford(session, feed.lane_id, budgets.uploading(RANGE)):
            pass


def account() -> UUID:
    with db.reading() as session:
        return accounts.find(session).id


def test_what_is_too_much_at_once_is_halved(own: Sandbox) -> None:
    own.fault("error", status=413, code="", only="/sendMail")
    message = send(file(HALF))

    work()

    assert (record(message).state, record(message).attempts) == (State.SENT, 1)
    assert arrived(own) == [looks(HALF)]


def test_a_halved_mail_keeps_its_file_when_that_comes_later(
    own: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.fault("error", status=413, code="", only="/sendMail")
    own.fault("503", only="/attachments ")
    message = send(file(HALF))

    work()
    go_on(monkeypatch, 5)

    assert record(message).state == State.SENT
    assert arrived(own) == [looks(HALF)]


@pytest.mark.parametrize(
    "step", ["planned", "kept", "enclosed", "unwritten", "advanced"]
)
def test_a_halved_mail_keeps_its_file_when_its_worker_dies(
    own: Sandbox, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    own.fault("error", status=413, code="", only="/sendMail")
    message = send(file(HALF))
    die(monkeypatch, step)

    go_on(monkeypatch, 5)

    assert record(message).state == State.SENT
    assert arrived(own) == [looks(HALF)]


def test_an_empty_file_arrives_beside_a_large_one_of_its_name(own: Sandbox) -> None:
    send(file(LARGE), Attachment(b"", name="a.bin"))

    work()

    assert sorted(arrived(own)) == sorted([looks(LARGE), looks(0)])


def test_a_draft_follows_a_new_from(
    drafting: Sandbox, house: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = send(file(LARGE))
    die(monkeypatch, "enclosed")
    connect_large(house, drafting, ADMIN, ADMIN)

    go_on(monkeypatch, 5)

    assert record(message).state == State.SENT
    assert drafting.mails()[0]["from"] == ADMIN
    assert arrived(drafting) == [looks(LARGE)]


@pytest.mark.parametrize("behind", [False, True])
def test_small_mail_goes_while_large_mail_has_to_wait(
    own: Sandbox, monkeypatch: pytest.MonkeyPatch, *, behind: bool
) -> None:
    later(monkeypatch, timedelta())
    use_up(account())
    large = send(file(LARGE)) if behind else None
    small = send()

    work()

    assert record(small).state == State.SENT
    if large:
        assert record(large).state == State.QUEUED
        go_on(monkeypatch, 12)
        assert record(large).state == State.SENT
