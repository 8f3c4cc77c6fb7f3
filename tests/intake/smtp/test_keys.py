"""Who shows a key at the SMTP door: from where, how often, and what it may bring."""

from contextlib import ExitStack
from pathlib import Path
from select import select
from time import monotonic
from typing import Any
from uuid import UUID

import pytest

from portal import db
from portal.accept import Caller
from portal.config import Config
from portal.intake.smtp import THREADS, connection
from portal.intake.smtp.connection import Limits
from portal.workspace.people import keys
from tests import keyring, stored
from tests.intake.smtp.talking import (
    ANN,
    MAIL,
    Door,
    Talk,
    from_elsewhere,
    listening,
    plain,
)
from tests.workspace import grants

SCANNER = Caller(name="scanner")  # whose key the door's guests show


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]
)
def test_a_key_may_be_shown_on_this_machine(address: str) -> None:
    assert connection.on_this_machine(address)


@pytest.mark.parametrize(
    "address", ["", "192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1"]
)
def test_elsewhere_a_key_is_shown_encrypted_only(address: str) -> None:
    assert not connection.on_this_machine(address)


def test_a_key_from_elsewhere_is_not_taken_before_it_is_encrypted(
    house: Config, file: Path
) -> None:
    opened = listening(house, certificate=str(file))
    with opened as door, Talk(door, through=from_elsewhere(door)) as talk:
        offered = talk.say("EHLO client.example")
        refused = talk.say(f"AUTH PLAIN {plain(door.key)}")
        talk.start_tls()
        offered_then = talk.say("EHLO client.example")
        taken = talk.say(f"AUTH PLAIN {plain(door.key)}")

    assert "STARTTLS" in offered
    assert "AUTH" not in offered
    assert refused.startswith("538 5.7.11 ")
    assert "AUTH PLAIN LOGIN" in offered_then
    assert taken.startswith("235 2.7.0 ")


def test_wrong_keys_are_logged_by_address_and_never_themselves(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    with Talk(door) as talk:
        assert talk.sign_in("mp_wrong").startswith("535 5.7.8 ")

    assert "Wrong API keys from 127.0.0.1" in caplog.text
    assert "mp_wrong" not in caplog.text


def test_the_answer_to_too_many_wrong_keys_comes_later(house: Config) -> None:
    limits = Limits(slow=0.4)
    with listening(house, limits=limits) as door:
        quick = [elapsed(door) for _ in range(10)]
        slow = elapsed(door)

    assert min(quick) < 0.4
    assert slow >= 0.4


def test_a_right_key_need_not_wait_for_a_crowd_of_wrong_ones(house: Config) -> None:
    grants.send_as(ANN)
    with listening(house, limits=Limits(slow=60)) as door, ExitStack() as stack:
        crowd = [stack.enter_context(Talk(door)) for _ in range(60)]
        for each in crowd:
            each.say("EHLO client.example")
            each.type(f"AUTH PLAIN {plain('mp_wrong')}\r\n".encode())
        with Talk(door) as talk:
            let_in, queued = talk.sign_in(), talk.mail()
        answered, _, _ = select([each.socket for each in crowd], [], [], 0)

    assert let_in.startswith("235 2.7.0 ")
    assert queued.startswith("250 2.0.0 queued as ")
    assert len(answered) < len(crowd) - THREADS


def elapsed(door: Door) -> float:
    """Show a wrong key; return how many seconds its answer takes."""
    with Talk(door) as talk:
        talk.say("EHLO client.example")
        began = monotonic()
        talk.say(f"AUTH PLAIN {plain('mp_wrong')}")
        return monotonic() - began


def test_a_connection_takes_one_place_of_a_key(house: Config, file: Path) -> None:
    limits = Limits(with_one_key=2)
    opened = listening(house, certificate=str(file), limits=limits)
    with opened as door, Talk(door) as talk, Talk(door) as other, Talk(door) as third:
        talk.sign_in()
        talk.start_tls()
        let_in = [talk.sign_in(), other.sign_in()]
        turned_away = third.sign_in()
        other.say("QUIT")
        assert other.reply() == ""
        let_in.append(third.sign_in())

    assert [reply[:9] for reply in let_in] == ["235 2.7.0"] * 3
    assert turned_away == "454 4.7.0 Too many connections with this key"


def test_another_key_has_places_of_its_own(house: Config) -> None:
    with db.session() as session:
        other = keys.create(session, "Ben's app")
    opened = listening(house, limits=Limits(with_one_key=1))
    with opened as door, Talk(door) as talk, Talk(door) as beside:
        replies = [talk.sign_in(), beside.sign_in(), beside.sign_in(other)]

    assert [reply[:9] for reply in replies] == ["235 2.7.0", "454 4.7.0", "235 2.7.0"]


@pytest.mark.parametrize(
    ("limits", "reply"),
    [
        ({"accounts": (UUID(int=7),)}, "550 5.7.1 account: "),
        ({"senders": ("ben@contoso.example",)}, "550 5.7.1 from: "),
        ({"max_size": len(MAIL) - 1}, "552 5.3.4 "),
    ],
)
def test_what_a_key_may_not_bring_is_refused_when_the_mail_has_come(
    known: Talk, limits: dict[str, Any], reply: str
) -> None:
    keyring.limit(SCANNER, **limits)

    assert known.mail().startswith(reply)
    assert stored.rows() == 0


def test_a_key_brings_so_many_mails_a_minute_and_no_more(known: Talk) -> None:
    keyring.limit(SCANNER, per_minute=1)

    replies = [known.mail() for _ in range(2)]

    assert [reply[:9] for reply in replies] == ["250 2.0.0", "450 4.7.1"]
    assert stored.rows("message") == 1


def test_a_key_beyond_ascii_is_none(talk: Talk) -> None:
    talk.say("EHLO client.example")
    talk.type(b"AUTH PLAIN \xff\xff\r\n")

    assert talk.reply().startswith("501 5.5.2 ")
