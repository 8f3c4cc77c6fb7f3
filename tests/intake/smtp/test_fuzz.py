"""Whatever is said, in whatever order: as many mails as were acknowledged."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal import config
from portal.config import Config
from tests import stored
from tests.intake.smtp.talking import ANN, JANE, MAIL, Door, Talk, plain

SAID = [
    *(b"EHLO x", b"HELO x", b"NOOP", b"RSET", b"HELP", b"VRFY x", b"STARTTLS", b"AUTH"),
    *(b"AUTH LOGIN", b"*", b"=", b"DATA", b".", b"", b"MAIL FROM:<>", b"RCPT TO:<>"),
    *(f"MAIL FROM:<{ANN}>".encode(), f"RCPT TO:<{JANE}>".encode(), b"\0" * 20),
    *(MAIL[:-2], b"From: x", b"..", b"\xff" * 9, b"X" * 3000, b"BDAT 3 LAST"),
]
KEY = b"AUTH PLAIN (the key)"
KNOWN = [b"EHLO x", KEY]
BEGUN = [f"MAIL FROM:<{ANN}>".encode(), f"RCPT TO:<{JANE}>".encode(), b"DATA"]
LINES = st.lists(
    st.sampled_from([*SAID, KEY]) | st.binary(max_size=40), max_size=25
) | st.builds(
    lambda before, after: [*KNOWN, *before, *BEGUN, MAIL[:-2], *after],
    st.lists(st.sampled_from(SAID), max_size=15),
    st.lists(st.sampled_from([*SAID, b".", b"bare\nfeed", b"a\rb"]), max_size=15),
)
QUEUED = "250 2.0.0 queued as "
ENDS = st.sampled_from([b"\r\n", b"\n", b"\r"])


def test_what_was_acknowledged_is_there_and_nothing_else(door: Door) -> None:
    queued: list[str] = []

    @settings(max_examples=120)
    @given(LINES, st.lists(ENDS | st.just(b"\r\n"), max_size=50))
    def whatever_is_said(lines: list[bytes], ends: list[bytes]) -> None:
        before = stored.rows("message")
        replies = answers(door, lines, ends)
        found = [each for each in replies if each.startswith(QUEUED)]
        queued.extend(found)

        assert replies
        assert stored.rows("message") - before == len(found)
        assert not [each for each in replies if each.startswith("451 4.3.0 ")]

    whatever_is_said()

    assert len(queued) > 10


def answers(door: Door, lines: list[bytes], ends: list[bytes]) -> list[str]:
    """Say all of it in one go; return what is answered."""
    key = f"AUTH PLAIN {plain(door.key)}".encode()
    ends = ends + [b"\r\n"] * len(lines)
    said = b"".join(
        (key if line == KEY else line) + end
        for line, end in zip(lines, ends, strict=False)
    )
    with Talk(door) as talk:
        talk.type(said + b"\r\n.\r\nQUIT\r\n")
        return list(iter(talk.reply, ""))


def test_a_fault_of_ours_lets_nothing_of_a_mail_be_heard_as_a_command(
    house: Config, known: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    known.begin()
    known.type(MAIL)
    # Nobody can set this; it stands for whatever nobody has thought of.
    config.use(replace(house, max_message=None))  # type: ignore[arg-type]
    known.type((b"x" * 998 + b"\r\n") * 3000 + b"NOOP\r\nNOOP\r\n.\r\n")

    # It hangs up on what was not read, and its last word may be lost by that.
    replies: list[str] = []
    with suppress(ConnectionError):
        replies += iter(known.reply, "")
    config.use(house)

    assert not [each for each in replies if not each.startswith("451 4.3.0 ")]
    assert "Traceback" in caplog.text
    assert "Well." not in caplog.text
    assert stored.rows() == 0
