"""The hook: what a Python program gets that says `from portal import send`."""

import os
import subprocess
import sys
import threading
from email.message import EmailMessage
from email.mime.text import MIMEText
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from portal import Attachment, Message, config, db, send, vault
from portal.config import Config
from portal.errors import (
    CannotDecrypt,
    ConfigError,
    Conflict,
    DatabaseAway,
    InvalidMessage,
    TooLarge,
)
from portal.mail.outbox import records
from portal.mail.outbox.records import Record
from tests import stored
from tests.conftest import close

PROGRAM = """
from portal import Attachment, Message, send

note = Attachment(b"hello", name="note.txt")
print(send(Message(to="jane@example.com", text="Hi", attachments=[note])).id)
"""
# Python warns of forks beside threads; whoever forks has been warned.
FORKING = """
import os
from portal import Message, send

send(Message(to="jane@example.com", text="From the parent"))
child = os.fork()
send(Message(to="jane@example.com", text="From both"))
if child:
    raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def record(receipt_id: str) -> Record:
    with db.reading() as session:
        return records.find(session, UUID(receipt_id))


def letter() -> EmailMessage:
    mail = EmailMessage()
    mail["To"] = "Jane <jane@example.com>"
    mail["Bcc"] = "jim@example.com"
    mail["Subject"] = "Grüße"
    mail.set_content("It works.")
    mail.add_attachment(b"hello", maintype="text", subtype="plain", filename="a.txt")
    return mail


def run(program: str, instance: Path) -> subprocess.CompletedProcess[str]:
    """Run a program in a process of its own, with nothing but its environment."""
    environ = os.environ | {"PORTAL_INSTANCE": str(instance)}
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program]
    return subprocess.run(command, env=environ, capture_output=True, text=True)


def test_a_fresh_process_needs_its_environment_only(tmp_path: Path) -> None:
    ran = run(PROGRAM, tmp_path / "new")

    assert (ran.returncode, ran.stderr) == (0, "")
    assert UUID(ran.stdout.strip())
    assert (tmp_path / "new" / "keys").stat().st_mode & 0o777 == 0o600


def test_importing_the_package_loads_no_library(tmp_path: Path) -> None:
    ran = run("import sys, portal; print(*sys.modules)", tmp_path)

    heavy = {"flask", "sqlalchemy", "pydantic", "requests"}
    assert heavy & {*ran.stdout.split()} == set()


def test_eight_threads_may_send_first_at_once(settings: Config) -> None:
    receipts: list[str] = []
    start = threading.Barrier(8)

    def first() -> None:
        start.wait()
        receipts.append(send(Message(to="jane@example.com", text="Hi")).id)

    threads = [threading.Thread(target=first) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({*receipts}) == 8
    assert stored.rows("message") == 8
    close()


def test_a_child_may_send_after_a_fork(house: Config) -> None:
    ran = run(FORKING, house.instance)

    assert (ran.returncode, ran.stderr) == (0, "")
    assert stored.rows("message") == 3


def test_what_kept_the_house_shut_is_tried_again(settings: Config) -> None:
    settings.instance.mkdir()
    key = vault.key_file(settings.instance)
    key.write_text("no key")
    key.chmod(0o600)
    with pytest.raises(ConfigError):
        send(Message(to="jane@example.com"))

    key.unlink()
    receipt = send(Message(to="jane@example.com"))

    assert receipt.status == "queued"
    close()


def test_the_wrong_key_stores_nothing_and_the_right_one_goes_on(house: Config) -> None:
    key = vault.key_file(house.instance)
    right = key.read_text()
    key.write_text("A" * 43 + "=")
    close()
    with pytest.raises(CannotDecrypt):
        send(Message(to="jane@example.com"))
    assert stored.rows() == 0

    key.write_text(right)

    assert send(Message(to="jane@example.com")).status == "queued"


def test_a_database_that_is_away_may_be_asked_again(house: Config) -> None:
    db.connect("postgresql+psycopg://ben:secret@127.0.0.1:1/mail")
    with pytest.raises(DatabaseAway, match="try again"):
        send(Message(to="jane@example.com"))

    db.connect(house.database_url)

    assert send(Message(to="jane@example.com")).status == "queued"


def test_a_finished_mail_is_taken_too(house: Config) -> None:
    found = record(send(letter()).id)

    assert found.subject == "Grüße"
    assert stored.rows("chunk") == 2


def test_an_old_fashioned_mail_is_taken_too(house: Config) -> None:
    mail = MIMEText("It works.")
    mail["To"] = "jane@example.com"

    assert record(send(mail).id).subject == ""


@pytest.mark.parametrize("mail", [EmailMessage(), MIMEText("to nobody")])
def test_a_finished_mail_to_nobody_is_refused(house: Config, mail: Any) -> None:
    with pytest.raises(InvalidMessage, match="^to: "):
        send(mail)

    assert stored.rows() == 0


def test_a_finished_mail_cannot_smuggle_a_header(house: Config) -> None:
    mail = MIMEText("Hi")
    mail["To"] = "jane@example.com"
    mail["X-Note"] = "a\r\nBcc: eve@example.com"

    with pytest.raises(InvalidMessage) as refused:
        send(mail)

    assert "eve" not in str(refused.value)
    assert stored.rows() == 0


@pytest.mark.parametrize("message", [None, "To: a@b.example", b"To: a", {"to": "a"}])
def test_anything_else_is_no_message(house: Config, message: Any) -> None:
    with pytest.raises(InvalidMessage, match="must be a Message or an EmailMessage"):
        send(message)


def test_the_same_mail_under_the_same_key_is_sent_once(house: Config) -> None:
    first = send(Message(to="jane@example.com", text="1"), idempotency_key="a")
    again = send(Message(to="jane@example.com", text="1"), idempotency_key="a")

    with pytest.raises(Conflict):
        send(Message(to="jane@example.com", text="2"), idempotency_key="a")

    assert again.id == first.id
    assert stored.rows("message") == 1


def test_a_finished_mail_may_be_written_anew_under_the_same_key(house: Config) -> None:
    first = send(letter(), idempotency_key="a")
    again = send(letter(), idempotency_key="a")

    assert again.id == first.id


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "é", 7])
def test_a_key_nobody_can_repeat_is_refused(house: Config, key: Any) -> None:
    with pytest.raises(InvalidMessage, match="^Idempotency-Key: "):
        send(Message(to="jane@example.com"), idempotency_key=key)

    assert stored.rows() == 0


def test_a_file_longer_than_a_transaction_is_stored_whole(
    house: Config, tmp_path: Path
) -> None:
    path = tmp_path / "large.bin"
    path.write_bytes(b"x" * 3_000_000)

    found = record(send(Message(to="j@example.com", attachments=[Attachment(path)])).id)

    assert found.size > 3_000_000
    assert stored.rows("message", "content") == 2


def test_more_than_a_message_may_have_is_refused_and_leaves_nothing(
    settings: Config,
) -> None:
    config.use(
        config.read(
            {"PORTAL_INSTANCE": str(settings.instance), "PORTAL_MAX_MESSAGE": "1000000"}
        )
    )
    large = Attachment(b"x" * 1_000_001, name="a.bin")

    with pytest.raises(TooLarge, match="1,000,000 bytes"):
        send(Message(to="jane@example.com", attachments=[large]))

    assert stored.rows() == 0
    close()
