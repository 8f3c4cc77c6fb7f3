"""What a key may do holds at the desk behind every door, and for what is sent again."""

from collections.abc import Iterator
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
from portal.mail.message import Attachment
from portal.workspace.accounts import AccountRow
from portal.workspace.people.limits import Limits
from tests import keyring, stored
from tests.conftest import Passing
from tests.intake.limited import MAIL, form, send
from tests.mail import backlog

FROM = "reports@contoso.example"


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


def sent(caller: Caller) -> UUID:
    """Have a message of somebody sent, so that it may be sent again."""
    backlog.open_lane(backlog.account())
    message = send(caller, attachments=[Attachment(b"x" * 5000, "a.txt")])
    [claim] = backlog.take()
    backlog.settle(claim)
    return message


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
