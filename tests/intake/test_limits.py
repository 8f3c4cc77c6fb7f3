"""What a key may do holds at the desk behind every door, and for what is sent again."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from portal import clock, db
from portal.accept import Caller
from portal.config import Config
from portal.errors import (
    NotAllowed,
    NotAuthorized,
    NotFound,
    PortalError,
    TooLarge,
    TooManyMessages,
)
from portal.intake import desk
from portal.intake.desk import Brought
from portal.mail.message import Attachment, Message
from portal.mail.message.attachment import label
from portal.workspace.accounts import AccountRow
from portal.workspace.people.limits import Limits
from tests import keyring, stored
from tests.conftest import Passing
from tests.crowd import together
from tests.mail import backlog

FROM = "reports@contoso.example"
MAIL = b"From: <%s>\nTo: jane@example.com\n\nHello\n"
PIECE = b"x" * 64 * 1024


def account(name: str, **values: Any) -> UUID:
    """Add an account; return its id."""
    fields = {
        "transport": "graph",
        "sender": f"{name}@contoso.example",
        "is_default": False,
        "enabled": True,
        "large_attachments": False,
        "version": 1,
        "changed_by": "",
        "created_at": clock.now(),
    }
    made = AccountRow(id=db.new_id(), name=name, **fields | values)
    with db.session() as session:
        session.add(made)
    return made.id


def sends_as(sender: str | None) -> None:
    with db.session() as session:
        session.query(AccountRow).filter_by(is_default=True).one().sender = sender


def send(caller: Caller, **fields: Any) -> UUID:
    message = Message(**{"to": "jane@example.com", "text": "Hello", **fields})
    return UUID(desk.take(message, caller).id)


def sent(caller: Caller) -> UUID:
    """Have a message of somebody sent, so that it may be sent again."""
    backlog.open_lane(backlog.account())
    message = send(caller, attachments=[Attachment(b"x" * 5000, "a.txt")])
    [claim] = backlog.take()
    backlog.settle(claim)
    return message


def endless(taken: list[int]) -> Iterator[bytes]:
    """Yield bytes for ever, and count the pieces that somebody took."""
    while True:
        taken.append(len(PIECE))
        yield PIECE


# Accounts


def test_the_one_account_of_a_key_is_taken_when_a_message_names_none(
    house: Config,
) -> None:
    bills = account("bills")

    message = send(keyring.made(accounts=(bills,)))

    assert backlog.record(message).account_id == bills


@pytest.mark.parametrize("name", ["default", "nobody's"])
def test_another_account_is_refused_be_there_such_or_not(
    house: Config, name: str
) -> None:
    ben = keyring.made(accounts=(account("bills"),))

    with pytest.raises(NotAllowed, match="^account: .* bills only.*--account NAME"):
        send(ben, account=name)

    assert stored.rows() == 0


def test_a_key_of_several_accounts_has_to_name_one_of_them(house: Config) -> None:
    ben = keyring.made(accounts=(account("a"), account("b")))

    with pytest.raises(NotAllowed, match="a, b only; please name one"):
        send(ben)

    assert send(ben, account="b")


def test_the_default_account_is_taken_if_it_is_one_of_several(house: Config) -> None:
    ben = keyring.made(accounts=(account("a"), backlog.account()))

    assert backlog.record(send(ben)).account_id == backlog.account()


def test_a_key_whose_account_is_gone_sends_by_no_other(house: Config) -> None:
    ben = keyring.made(accounts=(db.new_id(),))

    with pytest.raises(NotAllowed, match="one that is gone only"):
        send(ben)


# From


@pytest.mark.parametrize(
    "sender", ["Ben <ben@contoso.example>", "BEN@Contoso.Example", "x@Fabrikam.example"]
)
def test_a_key_sends_as_whom_it_may_however_that_is_spelled(
    house: Config, sender: str
) -> None:
    allowed = ("ben@contoso.example", "@fabrikam.example")

    assert send(keyring.made(senders=allowed), sender=sender)


@pytest.mark.parametrize(
    "sender",
    [
        "cleo@contoso.example",
        "ben@contoso.example.evil.example",
        "ben@mail.contoso.example",
    ],
)
def test_a_key_sends_as_nobody_else(house: Config, sender: str) -> None:
    ben = keyring.made(senders=("ben@contoso.example",))

    with pytest.raises(NotAllowed, match="^from: .* ben@contoso.example only"):
        send(ben, sender=sender)
    with pytest.raises(NotAllowed, match="^from: "):
        desk.take(MAIL % sender.encode(), ben)

    assert stored.rows() == 0


@pytest.mark.parametrize("own", [FROM, None])
def test_leaving_from_out_is_no_way_around(house: Config, own: str | None) -> None:
    sends_as(own)
    ben = keyring.made(senders=("ben@contoso.example",))

    with pytest.raises(NotAllowed, match="^from: "):
        send(ben)
    with pytest.raises(NotAllowed, match="^from: "):
        desk.take(b"To: jane@example.com\n\nHello\n", ben)


def test_the_accounts_own_from_need_not_be_named(house: Config) -> None:
    sends_as(FROM)

    assert send(keyring.made(senders=("@contoso.example",)))


def test_a_from_that_the_account_replaces_is_the_accounts(house: Config) -> None:
    account("forced", sender=FROM, force=True)
    ben, reports = (
        keyring.made(senders=("@ben.example",)),
        keyring.made(senders=(FROM,)),
    )

    with pytest.raises(NotAllowed, match="^from: "):
        send(ben, account="forced", sender="me@ben.example")
    assert send(reports, account="forced", sender="me@ben.example")


# Rate


def test_so_many_come_at_once_and_then_one_for_each_share_of_the_minute(
    either_house: Config, passes: Passing
) -> None:
    ben = keyring.made(per_minute=3)
    for _ in range(3):
        send(ben)

    with pytest.raises(TooManyMessages, match="3 messages a minute.* in 20 s") as told:
        send(ben)
    assert told.value.after == timedelta(seconds=20)

    passes(seconds=20)
    assert send(ben)
    with pytest.raises(TooManyMessages):
        send(ben)
    assert stored.rows("message") == 4


@pytest.mark.parametrize("count", [1, 7, 59, 61, 997])
def test_a_minute_holds_all_of_its_messages(count: int) -> None:
    limits, now = Limits(per_minute=count), clock.now()
    full_at: datetime | None = None

    for _ in range(count):
        full_at = limits.spend(full_at, now)

    with pytest.raises(TooManyMessages):
        limits.spend(full_at, now)


def test_many_at_once_get_no_more_than_a_bucket_holds(either_house: Config) -> None:
    ben, refused = keyring.made(per_minute=4), []

    def bring() -> None:
        try:
            send(ben)
        except TooManyMessages as error:
            refused.append(error)

    together(bring, threads=10)

    assert stored.rows("message") == 4
    assert len(refused) == 6


def test_a_clock_that_was_set_back_keeps_nobody_waiting_for_hours(
    house: Config, passes: Passing
) -> None:
    ben = keyring.made(per_minute=1)
    send(ben)

    passes(hours=-5)

    assert send(ben)
    with pytest.raises(TooManyMessages, match="in 60 s"):
        send(ben)


def test_a_clock_that_was_set_back_a_little_gives_nothing_away(
    house: Config, passes: Passing
) -> None:
    ben = keyring.made(per_minute=1)
    send(ben)

    passes(seconds=-30)

    with pytest.raises(TooManyMessages, match="in 90 s"):
        send(ben)


def test_what_came_before_spends_nothing(house: Config) -> None:
    once = replace(keyring.made(per_minute=1), idempotency_key="7")

    assert send(once) == send(once)


def test_what_is_refused_spends_nothing(house: Config) -> None:
    ben = keyring.made(per_minute=1, max_size=10_000)
    with pytest.raises(TooLarge):
        send(ben, text="x" * 20_000)

    assert send(ben)


def test_an_empty_bucket_is_told_before_the_files_have_come(house: Config) -> None:
    ben, taken = keyring.made(per_minute=1), list[int]()
    send(ben)

    with pytest.raises(TooManyMessages):
        desk.gather(form(endless(taken), message_first=True), ben)

    assert taken == []


# Size


def form(pieces: Iterator[bytes], *, message_first: bool) -> Iterator[Any]:
    paper = {"to": "jane@example.com", "text": "Hello"}
    file = Brought(label=label({"name": "a.bin"}), pieces=pieces)
    return iter([paper, file] if message_first else [file, paper])


@pytest.mark.parametrize("message_first", [True, False])
def test_a_form_is_refused_at_the_byte_that_crosses(
    house: Config, *, message_first: bool
) -> None:
    ben, taken = keyring.made(max_size=200_000), list[int]()

    with pytest.raises(TooLarge, match="at most 200,000 bytes.*--max-size BYTES"):
        desk.gather(form(endless(taken), message_first=message_first), ben)

    assert sum(taken) <= 200_000 + len(PIECE)
    assert stored.rows() == 0


def test_a_finished_mail_is_refused_at_the_byte_that_crosses(house: Config) -> None:
    ben, taken = keyring.made(max_size=200_000), list[int]()

    def mail() -> Iterator[bytes]:
        yield MAIL % b"a@x.example"
        for piece in endless(taken):
            yield piece + b"\n"

    with pytest.raises(TooLarge, match="200,000"):
        desk.take(mail(), ben)

    assert sum(taken) <= 200_000 + len(PIECE)
    assert stored.rows() == 0


def test_what_came_inside_a_form_counts_like_what_came_beside_it(house: Config) -> None:
    inside = [{"name": "b.bin", "content": "eHh4" * 1000}]
    paper = {"to": "jane@example.com", "text": "Hello", "attachments": inside}
    file = Brought(label=label({"name": "a.bin"}), pieces=[b"x" * 3000])

    with pytest.raises(TooLarge):
        desk.gather([file, paper], keyring.made(max_size=5_000))

    assert stored.rows() == 0


def test_a_message_of_just_that_size_is_taken(house: Config) -> None:
    size = backlog.record(send(keyring.made())).size

    with pytest.raises(TooLarge):
        send(keyring.made(max_size=size - 50))
    assert send(keyring.made(max_size=size + 50))


# Again, and meanwhile


@pytest.mark.parametrize(
    ("limits", "error"),
    [
        ({"max_size": 5_000}, TooLarge),
        ({"senders": ("ben@contoso.example",)}, NotAllowed),
        ({"accounts": (UUID(int=7),)}, NotAllowed),
    ],
)
def test_what_is_sent_again_obeys_the_limits_of_now(
    either_house: Config, limits: dict[str, Any], error: type[PortalError]
) -> None:
    ben = keyring.made()
    message = sent(ben)
    keyring.limit(ben, **limits)

    with pytest.raises(error):
        desk.again(message, ben)

    assert stored.rows("message") == 1
    assert stored.rows("content") == 1


def test_what_is_sent_again_spends_a_message(house: Config) -> None:
    ben = keyring.made(per_minute=1)
    message = sent(ben)

    with pytest.raises(TooManyMessages):
        desk.again(message, ben)


def test_whoever_runs_the_portal_sends_again_whatever_a_key_may(house: Config) -> None:
    ben = keyring.made()
    message = sent(ben)
    keyring.limit(ben, max_size=1, per_minute=1)
    keyring.revoke(ben)

    assert desk.again(message, desk.caller("operator", None))


def test_a_key_that_was_revoked_meanwhile_brings_nothing_more(
    either_house: Config,
) -> None:
    ben = keyring.made()
    send(ben)
    keyring.revoke(ben)

    with pytest.raises(NotAuthorized):
        send(ben)
    with pytest.raises(NotAuthorized):
        desk.take(MAIL % b"a@x.example", ben)
    with pytest.raises(NotAuthorized):
        desk.gather(form(iter([b"x"]), message_first=True), ben)


def test_a_key_that_is_revoked_while_a_message_comes_does_not_bring_it(
    either_house: Config, passes: Passing
) -> None:
    ben = keyring.made()

    def slowly() -> Iterator[bytes]:
        yield b"x"
        passes(minutes=2)
        keyring.revoke(ben)
        yield b"y"

    with pytest.raises(NotAuthorized):
        desk.gather(form(slowly(), message_first=True), ben)

    assert stored.rows() == 0


def test_its_last_use_is_noted_once_a_minute(
    either_house: Config, passes: Passing
) -> None:
    ben = keyring.made()
    send(ben)
    first = keyring.key(ben).used_at

    passes(seconds=59)
    send(ben)
    assert keyring.key(ben).used_at == first

    passes(seconds=1)
    send(ben)
    assert keyring.key(ben).used_at == clock.now()


def test_a_key_without_limits_costs_one_read(house: Config) -> None:
    ben = keyring.made()
    send(ben)

    with backlog.spoken() as said:
        send(ben)

    of_keys = [statement for statement, _ in said if "api_key" in statement]
    assert len(of_keys) == 1
    assert of_keys[0].rstrip().endswith("WHERE api_key.id = ?")


@pytest.mark.parametrize("name", ["\0", "a\0b", "\ud800"])
def test_a_name_that_no_account_can_have_is_not_looked_for(
    postgres_house: Config, name: str
) -> None:
    with db.reading() as session, pytest.raises(NotFound):
        Limits().choose(session, name)
