"""A large mail costs the sandbox little: neither memory nor, once forgotten, room."""

import hashlib
import sys
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest

from tests.sandbox.apart import process
from tests.sandbox.serving import Sandbox
from tests.sandbox.walking import EVERYTHING, graph, letter, tokens

FILES = 3
FILE_BYTES = 35_000_000
RANGE = bytes(range(250)) * 16_000  # 4 MB
MOST_BYTES = 64 * 1024 * 1024


def peak(worker: psutil.Process) -> int:
    """Return the most memory a process ever had, in bytes."""
    status = Path(f"/proc/{worker.pid}/status").read_text()
    (line,) = (each for each in status.splitlines() if each.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def upload(sandbox: Sandbox, token: str, path: str) -> None:
    """Add a large file to a draft."""
    item = {"attachmentType": "file", "name": "large.bin", "size": FILE_BYTES}
    session = graph(
        sandbox,
        token,
        "POST",
        f"{path}/attachments/createUploadSession",
        json={"AttachmentItem": item},
    ).json()
    for start in range(0, FILE_BYTES, len(RANGE)):
        content = RANGE[: FILE_BYTES - start]
        said = f"bytes {start}-{start + len(content) - 1}/{FILE_BYTES}"
        answer = sandbox.session.put(
            session["uploadUrl"],
            data=content,
            headers={"Content-Range": said},
            timeout=9,
        )
        assert answer.ok, answer.text


def fetched(sandbox: Sandbox, path: str) -> tuple[int, str]:
    """Return size and SHA-256 of a page or a download, not kept in memory either."""
    digest, size = hashlib.sha256(), 0
    with sandbox.session.get(f"{sandbox.url}{path}", timeout=30, stream=True) as answer:
        assert answer.ok
        for some in answer.iter_content(1024 * 1024):
            digest.update(some)
            size += len(some)
    return size, digest.hexdigest()


@pytest.mark.skipif(sys.platform != "linux", reason="It tells the peak.")
def test_a_mail_of_140_megabytes_is_light(tmp_path: Path, unused_tcp_port: int) -> None:
    with process(tmp_path, unused_tcp_port) as (sandbox, master):
        (worker,) = psutil.Process(master).children()
        token = tokens(sandbox, scope=EVERYTHING)["access_token"]
        sandbox.fault("large-messages")
        draft = graph(sandbox, token, "POST", "/me/messages", json=letter()).json()
        path = f"/me/messages/{quote(draft['id'], safe='')}"
        before = peak(worker)

        for _ in range(FILES):
            upload(sandbox, token, path)
        assert graph(sandbox, token, "POST", f"{path}/send").status_code == 202
        [mail] = sandbox.mails()
        fetched(sandbox, f"/mails/{mail['id']}?view=source")
        source = fetched(sandbox, f"/mails/{mail['id']}/source")
        file = fetched(sandbox, f"/mails/{mail['id']}/attachments/2")

        assert peak(worker) - before <= MOST_BYTES
        assert source[0] == mail["size"]
        assert file == (FILE_BYTES, mail["attachments"][2]["sha256"])


def test_what_is_forgotten_leaves_no_room(tmp_path: Path, unused_tcp_port: int) -> None:
    with process(tmp_path, unused_tcp_port) as (sandbox, _):
        token = tokens(sandbox, scope=EVERYTHING)["access_token"]
        sandbox.fault("large-messages")
        draft = graph(sandbox, token, "POST", "/me/messages", json=letter()).json()
        upload(sandbox, token, f"/me/messages/{quote(draft['id'], safe='')}")

        sandbox.clear()

        kept = sum(each.stat().st_size for each in tmp_path.glob("sandbox.db*"))
        assert kept < len(RANGE)
