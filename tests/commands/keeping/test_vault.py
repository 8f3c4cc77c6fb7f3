"""`portal vault rotate`: told, resumed after a kill, and the old key can leave."""

import base64
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from portal import config, db, vault
from portal.config import Config
from portal.mail import content
from portal.workspace import house as open_house
from portal.workspace.keeping import rotation
from tests import processes
from tests.journeys.running import eventually
from tests.sandbox.serving import Sandbox
from tests.terminal import portal

KEYS = "keys of messages"
MANY = 3000  # contents: more than are sealed anew before a kill comes
NEW = base64.b64encode(bytes(range(32))).decode()
MAIL = ("--to", "jane@example.com", "--text", "Hi", "--wait", "--subject")


def keys(house: Config) -> list[str]:
    return vault.key_file(house.instance).read_text().split()


def fill(count: int) -> None:
    with db.session() as session:
        for _ in range(count):
            upload = content.begin(session, db.new_id())
            content.finish(session, upload, [0])


def left() -> dict[str, int]:
    with db.reading() as session:
        return rotation.left(session)


def test_a_running_worker_sends_on_and_the_old_key_can_leave(
    contoso: Config, sandbox: Sandbox
) -> None:
    [old] = keys(contoso)

    with working(contoso):
        before = portal("send", *MAIL, "Before")
        first, second = portal("vault", "rotate"), portal("vault", "rotate")
        during = portal("send", *MAIL, "During")
    new, older = keys(contoso)
    vault.key_file(contoso.instance).write_text(new)
    open_house.open_up(contoso)
    with working(contoso):
        after = portal("send", *MAIL, "After")

    assert [ran.code for ran in (before, first, second, during, after)] == 5 * [0]
    assert older == old
    assert "Sealed anew: 1 refresh tokens" in first.out
    assert "Sealed anew: 1 keys of messages" in first.out
    assert first.out.endswith(" before you remove older keys.\n")
    assert second.out == f"Older keys can leave {vault.key_file(contoso.instance)}.\n"
    assert "No new key was made" not in first.err
    assert second.err.startswith("No new key was made: ")
    assert len(sandbox.mails()) == 3


def test_a_new_key_is_made_once_the_older_one_has_left(house: Config) -> None:
    for _ in range(3):
        portal("vault", "rotate")
    second, first = keys(house)
    vault.key_file(house.instance).write_text(second)

    ran = portal("vault", "rotate")

    assert ran.out.startswith("Made a new key")
    assert ran.err == ""
    assert keys(house)[1:] == [second] != [first]


def test_what_was_killed_goes_on_with_the_next_run(house: Config) -> None:
    fill(MANY)
    begun = subprocess.Popen(
        [sys.executable, "-m", "portal", "vault", "rotate"], env=environ(house)
    )
    eventually(lambda: len(keys(house)) == 2 and left().get(KEYS, 0) < MANY)
    begun.kill()
    begun.wait()

    ran = portal("vault", "rotate")

    assert ran.code == 0
    assert len(keys(house)) == 2
    assert left() == {}


def test_a_key_of_the_environment_is_the_operator_s_to_make(house: Config) -> None:
    [old] = keys(house)
    config.use(replace(house, keys=(NEW, old)))

    ran = portal("vault", "rotate")

    assert ran.out.startswith("Sealed anew: 1 canary\n")
    assert portal("vault", "rotate").out == "Older keys can leave PORTAL_KEYS.\n"
    assert keys(house) == [old]


def test_it_is_not_done_while_no_key_opens_something(house: Config) -> None:
    fill(1)
    with db.session() as session:
        row = session.query(content.ContentRow).one()
        row.sealed_key = vault.Ring([b"f" * 32]).seal(b"k" * 32, "elsewhere")

    ran = portal("vault", "rotate")

    assert ran.code == 1
    assert "Still sealed with an older key: 1 keys of messages" in ran.err
    assert "1 of these no key here can open" in ran.err
    assert "leave" not in ran.out


@contextmanager
def working(house: Config) -> Iterator[None]:
    """Run a worker in a process of its own."""
    with processes.started(environ(house), "worker"):
        yield


def environ(house: Config) -> dict[str, str]:
    return processes.environ(house.instance) | {
        "PORTAL_LOGIN_URL": house.login_url,
        "PORTAL_GRAPH_URL": house.graph_url,
    }
