"""Signing in at the SMTP door, byte by byte."""

import pytest

from portal import db
from portal.workspace.people import keys
from tests import stored
from tests.intake.smtp.talking import ANN, Door, Talk, base64, plain


class TestSigningIn:
    def test_plain_may_wait_for_its_challenge(self, talk: Talk) -> None:
        talk.say("EHLO client.example")

        assert talk.say("auth plain") == "334 "
        assert talk.say(plain(talk.key)).startswith("235 2.7.0 ")

    def test_login_asks_for_name_and_password(self, talk: Talk) -> None:
        talk.say("EHLO client.example")

        assert talk.say("AUTH LOGIN") == f"334 {base64('Username:')}"
        assert talk.say(base64("anything")) == f"334 {base64('Password:')}"
        assert talk.say(base64(talk.key)).startswith("235 2.7.0 ")

    def test_login_may_bring_the_name_at_once(self, talk: Talk) -> None:
        talk.say("EHLO client.example")

        assert talk.say(f"AUTH LOGIN {base64('x')}") == f"334 {base64('Password:')}"
        assert talk.say(base64(talk.key)).startswith("235 2.7.0 ")

    @pytest.mark.parametrize(
        ("line", "code"),
        [
            ("AUTH", "504 5.5.4"),
            ("AUTH CRAM-MD5", "504 5.5.4"),
            ("AUTH PLAIN %", "501 5.5.2"),
            ("AUTH PLAIN =", "501 5.5.2"),
            (f"AUTH PLAIN {base64('key')}", "501 5.5.2"),
            (f"AUTH PLAIN {'A' * 1100}", "500 5.5.6"),
            (f"AUTH PLAIN {plain('mp_wrong')}", "535 5.7.8"),
            (f"AUTH PLAIN {plain('')}", "535 5.7.8"),
        ],
    )
    def test_what_is_no_key_opens_nothing(
        self, talk: Talk, line: str, code: str
    ) -> None:
        talk.say("EHLO client.example")

        assert talk.say(line).startswith(f"{code} ")
        assert talk.say(f"MAIL FROM:<{ANN}>").startswith("530 5.7.0 ")

    def test_whoever_began_may_end_it(self, talk: Talk) -> None:
        talk.say("EHLO client.example")
        talk.say("AUTH PLAIN")

        assert talk.say("*").startswith("501 5.7.0 ")

    def test_an_endless_answer_ends_the_connection(self, talk: Talk) -> None:
        talk.say("EHLO client.example")
        talk.say("AUTH PLAIN")
        talk.type(b"A" * 1_000_000)

        assert talk.reply().startswith("421 4.7.0 ")

    def test_three_wrong_keys_end_the_connection(self, talk: Talk) -> None:
        replies = [talk.sign_in("mp_wrong")[:9] for _ in range(3)]

        assert replies == ["535 5.7.8"] * 3
        assert talk.reply().startswith("421 4.7.0 ")
        assert talk.reply() == ""

    def test_a_key_that_ended_meanwhile_opens_nothing_more(
        self, known: Talk, door: Door
    ) -> None:
        with db.session() as session:
            keys.revoke(session, "scanner")

        assert known.mail().startswith("535 5.7.8 ")
        assert stored.rows() == 0
