"""The one way into the outbox: who may, as whom, with which account, and only once."""

import threading
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from portal import accept, clock, db, vault
from portal.accept import Caller, Draft, Order, Receipt
from portal.config import Config
from portal.errors import (
    CannotDecrypt,
    Conflict,
    InvalidMessage,
    NotAllowed,
    NotFound,
    PortalError,
)
from portal.explanations.own.doors import SWITCHED_OFF
from portal.mail import content
from portal.mail.content import ChunkRow, ContentRow
from portal.mail.outbox import MessageRow, Priority, State
from portal.workspace import accounts
from portal.workspace.accounts import AccountRow
from tests import keyring
from tests.conftest import Passing
from tests.mail import backlog

FROM = "reports@contoso.example"
DRAFT = Draft(
    sender="",
    account=None,
    to=("cleo@fabrikam.example",),
    cc=(),
    bcc=("hidden@fabrikam.example",),
    subject="Grüße",
    priority=Priority.HIGH,
    tags=("invoice",),
    meaning=b"the same",
)
BEN = Caller(name="Ben's app", key_id=uuid4())
ONCE = replace(BEN, idempotency_key="order 66")


def check(draft: Draft = DRAFT, caller: Caller = BEN) -> Order | Receipt:
    keyring.put(caller.key_id)
    with db.reading() as session:
        return accept.check(session, draft, caller)


def order(draft: Draft = DRAFT, caller: Caller = BEN) -> Order:
    checked = check(draft, caller)
    assert isinstance(checked, Order)
    return checked


def store(checked: Order) -> Receipt:
    """Store an order with its content, as the desk does what is small."""
    with db.session() as session:
        upload = content.begin(session, checked.message_id)
        for part, piece in enumerate([b"skeleton", b"file"]):
            for chunk in content.chunks(part, [piece]):
                content.add(session, upload, chunk)
        return accept.accept(session, checked, upload, (8, 4))


def send(draft: Draft = DRAFT, caller: Caller = BEN) -> Receipt:
    checked = check(draft, caller)
    return checked if isinstance(checked, Receipt) else store(checked)


def stored() -> dict[str, int]:
    with db.reading() as session:
        return {
            row.__tablename__: session.query(row).count()
            for row in (MessageRow, ContentRow, ChunkRow)
        }


def change(**values: object) -> None:
    """Change the default account."""
    with db.session() as session:
        row = session.query(AccountRow).one()
        for name, value in values.items():
            setattr(row, name, value)


def test_a_message_is_accepted_with_its_content(either_house: Config) -> None:
    receipt = send()

    record = backlog.record(UUID(receipt.id))
    assert receipt.status == State.QUEUED
    assert (record.subject, record.size, record.tags) == ("Grüße", 12, ("invoice",))
    assert record.key_id == BEN.key_id
    assert backlog.row(record.id)["priority"] == Priority.HIGH
    with db.reading() as session:
        found = content.find(session, record.id)
        assert content.read(session, found, 1, 0) == (b"file", True)


def test_a_message_without_an_id_gets_one_of_its_senders_domain(house: Config) -> None:
    assert order().internet_message_id.endswith("@mail-portal.invalid>")
    change(sender=FROM)

    made = order()

    assert made.internet_message_id == f"<{made.message_id}@contoso.example>"


def test_a_message_keeps_the_id_it_brings(house: Config) -> None:
    brought = order(replace(DRAFT, internet_message_id="<mine@contoso.example>"))

    store(brought)

    record = backlog.record(brought.message_id)
    assert record.internet_message_id == "<mine@contoso.example>"


def test_an_account_that_is_switched_off_takes_nothing(house: Config) -> None:
    change(enabled=False)

    with pytest.raises(NotAllowed, match="switched off") as refused:
        check()

    assert refused.value.cause == SWITCHED_OFF.name


def test_what_has_expired_is_refused_unless_it_was_accepted_in_time(
    either_house: Config, passes: Passing
) -> None:
    draft = replace(DRAFT, expires_at=clock.now() + timedelta(minutes=1))
    first = send(draft, ONCE)

    passes(minutes=2)

    assert send(draft, ONCE) == first
    with pytest.raises(InvalidMessage, match="expires_at: must be in the future"):
        send(draft)


def test_an_unknown_account_takes_nothing(either_house: Config) -> None:
    with pytest.raises(InvalidMessage, match="account: there is no account"):
        check(replace(DRAFT, account="nobody's"))


def test_a_named_account_is_taken(house: Config) -> None:
    named = order(replace(DRAFT, account=accounts.DEFAULT_NAME))

    assert named.account.is_default


@pytest.mark.parametrize("sender", [FROM, "Reports@CONTOSO.example", ""])
def test_the_accounts_own_address_is_taken(house: Config, sender: str) -> None:
    change(sender=FROM)

    assert order(replace(DRAFT, sender=sender)).account.sender == FROM


@pytest.mark.parametrize(
    "sender", ["ceo@contoso.example", f"x{FROM}", f"{FROM}.evil.example"]
)
def test_another_from_is_refused_and_says_which_is_right(
    house: Config, sender: str
) -> None:
    change(sender=FROM)

    with pytest.raises(NotAllowed, match=FROM):
        check(replace(DRAFT, sender=sender))


def test_an_account_without_an_address_takes_any(house: Config) -> None:
    checked = order(replace(DRAFT, sender="ben@contoso.example"))

    assert store(checked).status == State.QUEUED


def test_a_locked_vault_takes_nothing(house: Config) -> None:
    vault.lock()

    with pytest.raises(CannotDecrypt):
        check()

    assert set(stored().values()) == {0}


@pytest.mark.parametrize("key", ["x" * 256, "ä", "a\nb", "a\x00b", "\x7f", "\ud800"])
def test_an_idempotency_key_that_is_none_is_refused(house: Config, key: str) -> None:
    with pytest.raises(InvalidMessage) as error:
        check(DRAFT, replace(BEN, idempotency_key=key))

    assert [problem.field for problem in error.value.problems] == ["Idempotency-Key"]


def test_the_same_again_gets_the_same_answer(either_house: Config) -> None:
    backlog.open_lane(backlog.account())
    first = send(caller=replace(ONCE, idempotency_key="x" * 255))

    again = send(caller=replace(ONCE, idempotency_key="x" * 255))

    assert again == first
    assert stored() == {"message": 1, "content": 1, "chunk": 2}


def test_the_same_again_gets_the_first_answer_however_far_it_is(house: Config) -> None:
    backlog.open_lane(backlog.account())
    first = send(caller=ONCE)
    [claim] = backlog.take()
    backlog.settle(claim)

    assert send(caller=ONCE) == first


def test_without_a_key_the_same_twice_is_two(house: Config) -> None:
    assert send().id != send().id


def test_other_content_under_the_same_key_is_a_conflict(either_house: Config) -> None:
    send(caller=ONCE)

    with pytest.raises(Conflict):
        send(replace(DRAFT, meaning=b"something else"), ONCE)

    assert stored()["message"] == 1


def test_the_same_key_of_somebody_else_means_nothing(house: Config) -> None:
    others = [
        ONCE,
        replace(ONCE, key_id=uuid4()),
        Caller(name="operator", idempotency_key=ONCE.idempotency_key),
        Caller(name="application", idempotency_key=ONCE.idempotency_key),
    ]

    assert len({send(caller=other).id for other in others}) == 4


def test_a_key_whose_message_was_not_stored_is_free_again(either_house: Config) -> None:
    checked = order(caller=ONCE)
    with pytest.raises(ZeroDivisionError):
        store_then_fail(checked)
    assert set(stored().values()) == {0}

    assert send(replace(DRAFT, meaning=b"something else"), ONCE).status


def store_then_fail(checked: Order) -> None:
    with db.session() as session:
        upload = content.begin(session, checked.message_id)
        accept.accept(session, checked, upload, ())
        session.flush()
        raise ZeroDivisionError


def test_twins_become_one_message_and_get_one_answer(either_house: Config) -> None:
    backlog.open_lane(backlog.account())

    answers = twins([DRAFT] * 8)

    assert [type(answer) for answer in answers] == [Receipt] * 8
    assert len(set(map(str, answers))) == 1
    assert stored() == {"message": 1, "content": 1, "chunk": 2}


def test_one_of_two_who_differ_wins_and_the_other_is_told(either_house: Config) -> None:
    drafts = [replace(DRAFT, meaning=str(number % 2).encode()) for number in range(6)]

    answers = twins(drafts)

    kinds = sorted(type(answer).__name__ for answer in answers)
    assert kinds == ["Conflict"] * 3 + ["Receipt"] * 3
    assert stored() == {"message": 1, "content": 1, "chunk": 2}


def twins(drafts: list[Draft]) -> list[Receipt | PortalError]:
    """Check all drafts, then store them all at once under the same key."""
    orders = [order(draft, ONCE) for draft in drafts]
    ready = threading.Barrier(len(drafts))
    answers: list[Receipt | PortalError] = []

    def run(checked: Order) -> None:
        ready.wait()
        try:
            answers.append(store(checked))
        except PortalError as error:
            answers.append(error)

    threads = [threading.Thread(target=run, args=(each,)) for each in orders]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return answers


def test_the_upload_of_a_slower_twin_is_discarded(either_house: Config) -> None:
    slow = order(caller=ONCE)
    with db.session() as session:
        upload = content.begin(session, slow.message_id)
    first = send(caller=ONCE)

    with db.session() as session:
        assert accept.accept(session, slow, upload, ()).id == first.id

    assert stored() == {"message": 1, "content": 1, "chunk": 2}


def test_an_upload_that_was_swept_becomes_no_message(either_house: Config) -> None:
    slow = order(caller=ONCE)
    with db.session() as session:
        upload = content.begin(session, slow.message_id)
        content.discard(session, slow.message_id)

    with pytest.raises(NotFound, match="swept"), db.session() as session:
        accept.accept(session, slow, upload, ())

    assert set(stored().values()) == {0}
    assert send(caller=ONCE).status


def test_a_key_is_remembered_until_it_is_forgotten(
    either_house: Config, passes: Passing
) -> None:
    first = send(caller=ONCE)
    passes(days=7)
    assert send(caller=ONCE).id == first.id

    with db.session() as session:
        accept.forget(session, clock.now() - timedelta(days=7))
    assert send(caller=ONCE).id == first.id

    passes(seconds=1)
    with db.session() as session:
        accept.forget(session, clock.now() - timedelta(days=7))
    assert send(caller=ONCE).id != first.id


def test_nothing_that_was_said_stands_in_the_clear_beside_a_key(house: Config) -> None:
    send(caller=ONCE)

    with db.reading() as session:
        [row] = session.query(accept.RepeatRow).all()

    assert DRAFT.meaning not in row.fingerprint
    assert len(row.fingerprint) == 32
    assert "the same" not in repr(DRAFT)


@pytest.fixture
def bills(house: Config) -> Draft:
    """Add an account that sends as any of a domain; return a message of its own."""
    with db.session() as session:
        given = ["@contoso.example"]
        accounts.add(session, "bills", given, large=False, by="operator")
    return replace(DRAFT, account="bills", sender=FROM)


@pytest.mark.parametrize("sender", [FROM, "Any@CONTOSO.example"])
def test_a_catch_all_sends_as_any_of_its_addresses(bills: Draft, sender: str) -> None:
    made = order(replace(bills, sender=sender))

    assert made.draft.sender == sender
    assert made.internet_message_id.endswith(f"@{sender.partition('@')[2]}>")


@pytest.mark.parametrize("sender", ["a@mail.contoso.example", "a@fabrikam.example"])
def test_a_catch_all_sends_as_nobody_else(bills: Draft, sender: str) -> None:
    with pytest.raises(NotAllowed, match="any address @contoso.example only"):
        check(replace(bills, sender=sender))


def test_a_catch_all_of_domains_alone_has_to_be_told(bills: Draft) -> None:
    with pytest.raises(InvalidMessage) as error:
        check(replace(bills, sender=""))

    [problem] = error.value.problems
    assert (problem.field, problem.reason) == (
        "from",
        "is needed: this account sends as any address @contoso.example",
    )


def test_an_smtp_account_names_all_that_it_sends_as(house: Config) -> None:
    server = accounts.Server(host="127.0.0.1", port=2526)
    with db.session() as session:
        both = ["a@contoso.example", "b@contoso.example"]
        accounts.add_smtp(session, "relay", both, server, by="Ann")

    with pytest.raises(NotAllowed) as refused:
        check(replace(DRAFT, sender="eve@x.example", account="relay"))

    assert "a@contoso.example, b@contoso.example only" in str(refused.value)
