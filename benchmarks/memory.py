"""What a file of 130 MB costs in memory, and how fast it goes: from door to Graph.

Each door has a portal of its own, with a mailbox that may send that much. Memory is the
peak of each process above what it held at rest, in MiB; speed is that of the worker, as
a share of a bare loop that puts the same ranges into the same sandbox.
"""

import random
import smtplib
import subprocess
import sys
import tempfile
from base64 import encodebytes
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import psutil
import requests

from benchmarks import houses
from portal import config, db
from portal.mail import journal
from portal.mail.journal import Event
from portal.microsoft import attachments, drafts, graph
from portal.microsoft.attachments import RANGE, File
from portal.workspace import accounts, tokens
from tests import postgres
from tests.journeys.running import COMMAND, Portal, eventually, running
from tests.journeys.running import session as a_session

SIZE = 130_000_000  # bytes; of more the rest waits for the budget of the mailbox
SMALL = 3_200_000  # bytes that take an upload session
PIECE = 57 * 1024  # bytes that make whole lines of base64
MIB = 1024 * 1024
ANN = "admin@contoso.example"
PARTS = ("web", "smtp", "worker", "sandbox")
ROOM = {"PORTAL_MAX_MESSAGE": "300000000"}
HOOK = """
import sys
from pathlib import Path
from portal import Attachment, Message, send

send(Message(to="jane@example.com", subject="Warm", text="x"))
print("warm", flush=True)
sys.stdin.readline()
file = Attachment(Path(sys.argv[1]), name="large.bin")
send(Message(to="jane@example.com", subject="Large", attachments=[file]))
print("sent", flush=True)
sys.stdin.readline()
"""

Door = Callable[[Portal, Path], int]


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as room:
        path = Path(room) / "large.bin"
        path.write_bytes(random.Random(1).randbytes(SIZE))
        for engine in houses.ENGINES:
            print(engine)
            for name, door in DOORS.items():
                measure(engine, name, door, path)
    return 0


def measure(engine: str, name: str, door: Door, path: Path) -> None:
    """Send the file through a door; print what that cost."""
    with ExitStack() as stack:
        room = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        environ = dict(ROOM)
        if engine == "PostgreSQL":
            server = stack.enter_context(postgres.serve(options=houses.DURABLE))
            environ["PORTAL_DATABASE_URL"] = stack.enter_context(server.database())
        portal = stack.enter_context(running(room / "instance", **environ))
        stack.callback(db.disconnect)
        warm_up(portal)
        watched = {part: [*map(Watched, processes(portal, part))] for part in PARTS}
        client = door(portal, path)
        eventually(lambda: portal.sandbox.mails("Large"))
        peaks = {part: max(e.peak for e in each) for part, each in watched.items()}
        if client:
            peaks = {"client": client} | peaks
        shown = "  ".join(f"{part} {peak / MIB:5.1f}" for part, peak in peaks.items())
        took, least = eventually(delivery_seconds), bare_seconds(portal, path)
        speed = f"{SIZE / took / MIB:5.1f} MiB/s, {least / took:4.2f} x a bare loop"
        print(f"  {name:8} {shown} MiB above idle; {speed}")


def delivery_seconds() -> float | None:
    """Return how long the worker was at the message that was sent last."""
    with db.reading() as session:
        lines = [line for _, line in journal.latest(session, 1)]
    last = lines[0] if lines and lines[0].event == Event.SENT else None
    return last.took.total_seconds() if last and last.took else None


def bare_seconds(portal: Portal, path: Path) -> float:
    """Put the file into a draft with nothing around it; return how long that took."""
    portal.sandbox.clear()
    portal.sandbox.fault("large-messages", times=None, bytes=400_000_000)
    with db.reading() as session:
        account = accounts.find(session).id
    at, access = (
        graph.mailbox(config.current().graph_url),
        tokens.current(account).access,
    )
    draft = drafts.create(at, access, b"To: jane@example.com\r\nSubject: Bare\r\n\r\nx")
    file = File(name="large.bin", content_type="application/x-bare", size=SIZE)
    address = attachments.open_session(at, access, draft.id, file).url
    began = perf_counter()
    with path.open("rb") as content, a_session() as client:
        for start in range(0, SIZE, RANGE):
            piece = content.read(RANGE)
            span = f"bytes {start}-{start + len(piece) - 1}/{SIZE}"
            answer = client.put(address, data=piece, headers={"Content-Range": span})
            answer.raise_for_status()
    return perf_counter() - began


def warm_up(portal: Portal) -> None:
    """Have each part do once what it will be measured at."""
    portal.sandbox.fault("large-messages", times=None, bytes=400_000_000)
    portal.connect_large()
    portal.new_key()
    for content in (b"x", bytes(SMALL)):
        post_form(portal, [content], len(content), "Warm")
    eventually(lambda: len(portal.sandbox.mails("Warm")) == 2)


@dataclass
class Watched:
    """A process, and how much memory it took at most since it was looked at."""

    process: psutil.Process

    def __post_init__(self) -> None:
        # Linux forgets the peak there was before: proc_pid_clear_refs(5).
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")
        self.idle = self.process.memory_info().rss

    @property
    def peak(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(each for each in status.splitlines() if each.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 - self.idle


def processes(portal: Portal, part: str) -> list[psutil.Process]:
    """Return the processes of a part that do its work."""
    found = eventually(lambda: portal.part(part))
    # The web has a process that looks after others.
    return found.children() or [found]


def by_form(portal: Portal, path: Path) -> int:
    post_form(portal, pieces(path), SIZE, "Large")
    return 0


def post_form(
    portal: Portal, content: Iterable[bytes], size: int, subject: str
) -> None:
    head = (
        '--b\r\nContent-Disposition: form-data; name="message"\r\n\r\n'
        f'{{"to": "jane@example.com", "subject": "{subject}"}}\r\n--b\r\n'
        'Content-Disposition: form-data; name="file"; filename="large.bin"\r\n\r\n'
    ).encode()
    tail = b"\r\n--b--\r\n"
    length = len(head) + size + len(tail)

    def body() -> Iterator[bytes]:
        yield head
        yield from content
        yield tail

    post(portal, body(), length, "multipart/form-data; boundary=b")


def by_mail(portal: Portal, path: Path) -> int:
    length = sum(map(len, finished(path)))
    post(portal, finished(path), length, "message/rfc822")
    return 0


def by_smtp(portal: Portal, path: Path) -> int:
    host, _, port = portal.environ["PORTAL_SMTP_BIND"].rpartition(":")
    with smtplib.SMTP(host, int(port)) as client:
        client.login("bench", portal.api_key)
        client.mail(ANN)
        client.rcpt("jane@example.com")
        client.putcmd("data")
        client.getreply()
        for piece in finished(path):
            client.send(piece)  # base64 has no dots to be stuffed
        client.send(b".\r\n")
        code, said = client.getreply()
    assert code == 250, said
    return 0


def finished(path: Path) -> Iterator[bytes]:
    """Write a whole mail around a file."""
    yield (
        b"To: jane@example.com\r\nSubject: Large\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\n"
        b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64"
        b'\r\nContent-Disposition: attachment; filename="large.bin"\r\n\r\n'
    )
    for piece in pieces(path, PIECE):
        yield encodebytes(piece).replace(b"\n", b"\r\n")
    yield b"\r\n--b--\r\n"


def post(portal: Portal, body: Iterator[bytes], length: int, kind: str) -> None:
    headers = {
        "Authorization": f"Bearer {portal.api_key}",
        "Content-Type": kind,
        "Content-Length": str(length),
    }
    address = f"{portal.url}/api/v1/messages"
    with a_session() as client:
        request = client.prepare_request(
            requests.Request("POST", address, headers=headers, data=body)
        )
        # The library would send what it cannot measure in chunks.
        request.headers.pop("Transfer-Encoding", None)
        request.headers["Content-Length"] = str(length)
        answer = client.send(request, timeout=300)
    assert answer.status_code == 202, answer.text


def pieces(path: Path, size: int = MIB) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(size):
            yield piece


def by_command(portal: Portal, path: Path) -> int:
    words = ["send", "--to", "jane@example.com", "--subject", "Large"]
    small = path.with_name("small.bin")
    small.write_bytes(bytes(100))
    warm = peak_of([*COMMAND, *words[:-1], "Small", "--attach", str(small)], portal)
    return peak_of([*COMMAND, *words, "--attach", str(path)], portal) - warm


def peak_of(command: list[str], portal: Portal) -> int:
    """Run a command to its end; return the most memory that it took, in bytes."""
    timed = ["/usr/bin/env", "python3", "-c", PEAK, *command]
    done = subprocess.run(timed, env=portal.environ, capture_output=True, check=True)
    return int(done.stderr.split()[-1]) * 1024


PEAK = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True);"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)"
)


def by_hook(portal: Portal, path: Path) -> int:
    environ = portal.environ
    with subprocess.Popen(
        [sys.executable, "-c", HOOK, str(path)],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as program:
        assert program.stdin
        assert program.stdout
        assert program.stdout.readline() == b"warm\n"
        watched = Watched(psutil.Process(program.pid))
        program.stdin.write(b"\n")
        program.stdin.flush()
        assert program.stdout.readline() == b"sent\n"
        peak = watched.peak
        program.stdin.write(b"\n")
        program.stdin.flush()
    return peak


DOORS: dict[str, Door] = {
    "form": by_form,
    "mail": by_mail,
    "smtp": by_smtp,
    "command": by_command,
    "hook": by_hook,
}

if __name__ == "__main__":
    sys.exit(main())
