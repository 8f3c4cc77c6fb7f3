"""A mail of a hundred megabytes, and kill -9 in the middle: it arrives once, whole."""

import random
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from tests.journeys.running import Portal, eventually, running

FILES, FILE = 3, 35_000_000  # bytes
PUT, TAKEN = "PUT ", (200, 201)
pytestmark = pytest.mark.xdist_group("storm")


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    """Run a portal whose mailbox sends as much as any may."""
    with running(tmp_path / "instance") as started:
        started.sandbox.fault("large-messages", times=None)
        started.connect_large()
        yield started


def taken(portal: Portal) -> int:
    """Return how many bytes of files Microsoft has taken."""
    return sum(c["bytes"] for c in portal.sandbox.calls(PUT) if c["status"] in TAKEN)


@pytest.mark.timeout(300)
def test_a_kill_in_the_middle_costs_no_range_that_was_taken(
    portal: Portal, tmp_path: Path
) -> None:
    contents = [random.Random(n).randbytes(FILE) for n in range(FILES)]
    words = ["send", "--to", "jane@example.com", "--subject", "Large"]
    for number, content in enumerate(contents):
        path = tmp_path / f"{number}.bin"
        path.write_bytes(content)
        words += ["--attach", str(path)]
    done = portal.command(*words)
    assert done.returncode == 0, done.stderr

    eventually(lambda: taken(portal) > FILE)
    portal.kill("worker")
    [mail] = eventually(lambda: portal.sandbox.mails("Large"))

    assert [file["sha256"] for file in mail["attachments"]] == [
        sha256(content).hexdigest() for content in contents
    ]
    assert taken(portal) == FILES * FILE
    assert len(portal.sandbox.calls("POST /v1.0/me/messages ")) == 1
