"""How large a message of a key may be: it is refused at the byte that crosses."""

from collections.abc import Iterator

import pytest

from portal.config import Config
from portal.errors import (
    TooLarge,
)
from portal.intake import desk
from portal.intake.desk import Brought
from portal.mail.message.attachment import label
from tests import keyring, stored
from tests.intake.limited import MAIL, PIECE, endless, form, send
from tests.mail import backlog


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
