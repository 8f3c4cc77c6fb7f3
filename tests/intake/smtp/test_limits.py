"""How much the SMTP door bears: of guests, of errors, of silence, of trouble inside."""

import socket
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from select import select

import pytest
from sqlalchemy import text

from portal import config, db, vault
from portal.config import Bind, Config
from portal.intake.smtp import HANDSHAKE_SECONDS
from portal.intake.smtp.connection import Guests, Limits
from tests import stored
from tests.intake.smtp.talking import (
    ANN,
    MAIL,
    Door,
    Talk,
    connected,
    listening,
)
from tests.workspace import grants

BINARY = bytes(range(256)) * 300


def test_the_door_holds_so_many_connections_and_no_more(house: Config) -> None:
    opened = listening(house, limits=Limits(connections=2))
    with opened as door, Talk(door) as talk, Talk(door):
        with Talk(door) as third:
            turned_away = third.greeting
        talk.say("QUIT")
        assert talk.reply() == ""
        with Talk(door) as fourth:
            let_in = fourth.greeting

    assert turned_away.startswith("421 4.7.0 ")
    assert let_in.startswith("220 ")


def test_one_address_has_so_many_connections_and_no_more(door: Door) -> None:
    with ExitStack() as stack:
        inside = [stack.enter_context(Talk(door)) for _ in range(100)]
        with Talk(door) as talk:
            turned_away = talk.greeting
        inside[0].say("QUIT")
        assert inside[0].reply() == ""
        with Talk(door) as talk:
            let_in = talk.greeting

    assert turned_away.startswith("421 4.7.0 ")
    assert let_in.startswith("220 ")


def test_whoever_never_agrees_on_tls_has_a_place_of_their_address_too(
    house: Config, file: Path
) -> None:
    limits = Limits(from_one_address=2)
    opened = listening(house, certificate=str(file), limits=limits)
    with opened as door, connected(at(door)) as one, connected(at(door)) as other:
        with connected(at(door)) as third:
            third.settimeout(HANDSHAKE_SECONDS / 2)
            turned_away = third.recv(1)
        one.close()
        other.sendall(b"EHLO client.example\r\n")
        while other.recv(1000):
            pass

        assert turned_away == b""
        with Talk(door, encrypted=True) as first, Talk(door) as second:
            assert first.sign_in().startswith("235 ")
            assert second.greeting.startswith("220 ")


def at(door: Door) -> Bind:
    """Say where TLS is spoken from the first byte on."""
    assert door.encrypted
    return door.encrypted


def test_guests_are_counted_by_name() -> None:
    guests = Guests()

    taken = [guests.place("a", 2) for _ in range(3)]
    guests.leave("a")

    assert taken == [True, True, False]
    assert guests.place("a", 2)
    assert guests.place("b", 1)


def test_whoever_errs_all_the_time_is_sent_away(known: Talk) -> None:
    replies = [known.say("MAIL") for _ in range(100)]

    assert {reply[:9] for reply in replies} == {"501 5.5.4"}
    assert known.say("MAIL").startswith("501 5.5.4 ")
    assert known.reply().startswith("421 4.7.0 ")
    assert known.reply() == ""


def test_unknown_commands_end_it_sooner(talk: Talk) -> None:
    replies = [talk.say(f"GET /{n} HTTP/1.1")[:9] for n in range(5)]

    assert replies == ["500 5.5.2"] * 4 + ["502 5.5.1"]
    assert talk.reply() == ""


@pytest.mark.parametrize("noise", [BINARY, b"A" * 10_000_000, b"\r\n" * 50_000])
def test_noise_harms_nobody(door: Door, noise: bytes) -> None:
    with Talk(door) as talk:
        try:
            talk.type(noise + b"\r\nQUIT\r\n")
            while talk.reply():
                pass
        except OSError:
            pass  # it had enough of us before we had said all

    with Talk(door) as other:
        assert other.sign_in().startswith("235 ")
        assert other.mail().startswith("250 ")


def test_whoever_does_not_sign_in_is_sent_away(house: Config) -> None:
    with listening(house, limits=Limits(unknown=0.2)) as door, Talk(door) as talk:
        for _ in range(3):
            talk.say("NOOP")

        assert talk.reply().startswith("421 4.4.2 ")


def test_a_full_disk_says_later(house: Config, door: Door) -> None:
    with Talk(door) as talk:
        talk.sign_in()
        config.use(replace(house, max_message=10**18))
        refused = talk.mail()
        config.use(house)

        assert refused.startswith("452 4.3.1 ")
        assert talk.mail().startswith("250 ")


def test_a_locked_vault_says_later(door: Door) -> None:
    with Talk(door) as talk:
        talk.sign_in()
        vault.lock()

        assert talk.mail().startswith("451 4.3.5 ")
    with Talk(door) as talk:
        assert talk.sign_in().startswith("454 4.7.0 ")
    assert stored.rows() == 0


def test_a_door_that_closes_lets_a_mail_in_that_is_coming(door: Door) -> None:
    with Talk(door) as coming, Talk(door) as resting:
        coming.sign_in()
        coming.begin()
        coming.type(MAIL)
        door.loop.call_soon_threadsafe(door.stop.set)
        sent_away = resting.reply()
        coming.type(b".\r\n")

        assert sent_away.startswith("421 4.3.2 ")
        assert coming.reply().startswith("250 2.0.0 queued as ")
        assert coming.reply().startswith("421 4.3.2 ")
        assert coming.reply() == ""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(door.bind)


def test_whoever_falls_silent_within_a_mail_is_cut_off(house: Config) -> None:
    grants.send_as(ANN)
    with listening(house, limits=Limits(patience=2)) as door, Talk(door) as talk:
        talk.sign_in()
        talk.begin()
        talk.type(MAIL + b"x" * 200_000)

        assert talk.reply().startswith("421 4.4.2 ")
    assert stored.rows() == 0


def test_whoever_sends_a_mail_too_slowly_is_cut_off_though_never_silent(
    house: Config,
) -> None:
    grants.send_as(ANN)
    limits = Limits(patience=2, slowest=10**9)
    with listening(house, limits=limits) as door, Talk(door) as talk:
        talk.sign_in()
        talk.begin()
        talk.type(MAIL)

        exhaust(talk, b"x" * 100_000)
    door.close()
    assert stored.rows() == 0


@pytest.mark.parametrize("begun", [[], ["EHLO client.example", "AUTH PLAIN"]])
def test_whoever_spells_a_command_out_letter_by_letter_is_cut_off(
    house: Config, begun: list[str]
) -> None:
    with listening(house, limits=Limits(patience=0.5)) as door, Talk(door) as talk:
        for line in begun:
            talk.say(line)

        exhaust(talk, b"A")


def exhaust(talk: Talk, drop: bytes) -> None:
    """Send a drop after each moment of silence, until the door has had enough."""
    # Its last word may be lost when the last drop crosses it.
    with suppress(ConnectionError):
        for _ in range(100):
            if select([talk.socket], [], [], 0.05)[0]:
                assert talk.reply().startswith("421 4.4.2 ")
                return
            talk.type(drop)
        raise AssertionError("The door bears it.")


def test_a_place_comes_back_from_whoever_never_agrees_on_tls(
    house: Config, file: Path
) -> None:
    limits = Limits(unknown=0.3, from_one_address=2)
    with listening(house, certificate=str(file), limits=limits) as door:
        for _ in range(4):
            with Talk(door) as talk:
                assert talk.greeting.startswith("220 ")
                assert talk.say("STARTTLS").startswith("220 ")
                assert talk.reply().startswith("421 4.4.2 ")


def test_whoever_says_no_more_is_answered_all_the_same(door: Door) -> None:
    with Talk(door) as talk:
        talk.sign_in()
        talk.type(f"MAIL FROM:<{ANN}>\r\nRCPT TO:<jane@example.com>\r\n".encode())
        talk.type(b"DATA\r\n" + MAIL + b".\r\n")
        talk.socket.shutdown(socket.SHUT_WR)
        replies = list(iter(talk.reply, ""))

    assert replies[3].startswith("250 2.0.0 queued as ")
    assert stored.rows("message") == 1


def test_what_is_being_stored_is_answered_though_the_door_closes(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Talk(door) as talk, ExitStack() as stack:
        talk.sign_in()
        talk.begin()
        # Whoever writes waits for this one.
        waiting = stack.enter_context(db.session())
        waiting.execute(text("UPDATE api_key SET used_at = used_at"))
        talk.type(MAIL + b".\r\n")
        door.loop.call_soon_threadsafe(door.stop.set)
        stack.close()

        assert talk.reply().startswith("250 2.0.0 queued as ")
    assert stored.rows("message") == 1


@pytest.mark.parametrize("line", [b"VRFY " + b"(" * 1900, b"EXPN x", b"HELP \xff"])
def test_nothing_that_strangers_say_is_a_fault(
    talk: Talk, caplog: pytest.LogCaptureFixture, line: bytes
) -> None:
    talk.type(line + b"\r\n")

    assert not talk.reply().startswith("451 ")
    assert not caplog.records


def test_a_reply_repeats_little_and_nothing_unprintable(known: Talk) -> None:
    known.type(b"FOO\rBAR\x1b\0" + b"X" * 1900 + b"\r\n")
    reply = known.reply()

    assert len(reply) <= 510
    assert reply.isprintable()
