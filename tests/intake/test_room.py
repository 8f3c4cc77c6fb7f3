"""A disk that is nearly full: each door says so, and nothing is half stored."""

import io
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

import portal
from portal import config, db
from portal.app import create_app
from portal.config import Config
from portal.errors import NoRoom
from tests import stored, terminal
from tests.intake.conftest import bearer

MESSAGES = "/api/v1/messages"
MAIL: dict[str, Any] = {"to": "jane@example.com", "text": "It works."}
LONG = b"x" * 5_000_000  # more than one transaction


@pytest.fixture
def crowded(house: Config) -> Config:
    """Ask for more room than any disk has."""
    chosen = replace(house, max_message=10**18)
    config.use(chosen)
    return chosen


def test_http_answers_507_and_stores_nothing(crowded: Config) -> None:
    door = create_app(crowded).test_client()

    answer = door.post(MESSAGES, json=MAIL, headers={"Authorization": bearer("Ben")})

    assert answer.status_code == 507
    assert answer.content_type == "application/problem+json"
    assert "make room" in answer.get_json()["detail"]
    assert stored.rows() == 0


def test_the_hook_raises_it(crowded: Config) -> None:
    with pytest.raises(NoRoom):
        portal.send(portal.Message(**MAIL))

    assert stored.rows() == 0


def test_the_command_says_it_and_ends_with_1(crowded: Config) -> None:
    ran = terminal.portal("send", "--to", "jane@example.com", "--text", "Hi")

    assert (ran.code, ran.out) == (1, "")
    assert "make room" in ran.err
    assert stored.rows() == 0


def test_two_of_the_largest_messages_have_room_beside_what_is_taken() -> None:
    small = config.read({"PORTAL_MAX_MESSAGE": "1_000_000"})
    large = config.read({"PORTAL_MAX_MESSAGE": "700_000_000"})

    assert (small.spare, large.spare) == (1_000_000_000, 1_400_000_000)


def test_what_was_accepted_before_is_answered_all_the_same(house: Config) -> None:
    message = portal.Message(**MAIL)
    first = portal.send(message, idempotency_key="once")
    config.use(replace(house, max_message=10**18))

    assert portal.send(message, idempotency_key="once") == first


def test_an_upload_ends_when_room_does(house: Config) -> None:
    class Endless(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() >= len(LONG) // 2:
                config.use(replace(house, max_message=10**18))
            return super().read(size)

    files = [portal.Attachment(Endless(LONG), name="a.bin")]

    with pytest.raises(NoRoom):
        portal.send(portal.Message(**MAIL, attachments=files))

    assert stored.rows() == 0


def test_postgresql_is_not_asked(postgres_house: Config) -> None:
    config.use(replace(postgres_house, max_message=10**18))

    assert db.free_bytes() is None
    assert portal.send(portal.Message(**MAIL)).status == "queued"


def test_postgresql_tells_when_its_disk_is_full(postgres_house: Config) -> None:
    said = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$"

    with pytest.raises(NoRoom), db.session() as session:
        session.execute(text(said))


@pytest.mark.parametrize("pages", [0, 600])
def test_a_disk_that_is_really_full_leaves_nothing_half_stored(
    knock: FlaskClient, pages: int
) -> None:
    content = "x" * 4_000_000
    stored.fill(pages)

    answer = knock.post(MESSAGES, json=MAIL | {"text": content})

    assert answer.status_code == 507
    assert stored.rows() == 0


def test_when_there_is_room_again_mail_is_taken(knock: FlaskClient) -> None:
    stored.fill()
    assert knock.post(MESSAGES, json=MAIL | {"text": "x" * 50_000}).status_code == 507

    stored.make_room()

    assert knock.post(MESSAGES, json=MAIL).status_code == 202
