"""A real Postfix of a test's own, which has us as its relayhost.

`make mailers` installs it where it may; it runs as root alone, as everywhere.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from portal.config import Bind
from tests.intake.smtp.talking import Door, connected
from tests.journeys.running import eventually
from tests.processes import free_port

NEEDED = "Postfix is not installed, or we are not root; `make mailers` installs it."
MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = relay.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_relay_restrictions = permit_mynetworks, reject
alias_maps =
alias_database =
local_recipient_maps =
relayhost = [127.0.0.1]:{port}
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = texthash:{folder}/etc/sasl_passwd
smtp_sasl_security_options = noanonymous
smtp_tls_security_level = {tls}
smtp_host_lookup = native
disable_dns_lookups = yes
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
"""
MASTER = """
{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Postfix:
    """Where it listens, and what it says of the mail that it relays."""

    bind: Bind
    log: Path

    def relayed(self) -> list[str]:
        """Return its lines of what was delivered, refused or put off."""
        text = self.log.read_text() if self.log.exists() else ""
        return [line for line in text.splitlines() if " status=" in line]


@contextmanager
def relaying(door: Door, *, encrypted: bool = False) -> Iterator[Postfix]:
    """Run a Postfix that relays all mail to the door, and end it."""
    program = shutil.which("postfix", path=f"{os.defpath}:/usr/sbin:/sbin")
    if program is None or os.geteuid() != 0:
        pytest.skip(NEEDED)
    folder = Path(tempfile.mkdtemp(prefix="postfix-"))
    bind = Bind("127.0.0.1", free_port())
    try:
        _furnish(folder, door, bind.port, "encrypt" if encrypted else "none")
        words = [program, "-c", str(folder / "etc"), "start-fg"]
        with subprocess.Popen(words, stdout=subprocess.DEVNULL):
            try:
                connected(bind).close()
                yield Postfix(bind, folder / "log")
            finally:
                # A script is between us and its master, and does not pass it on.
                master = (folder / "queue" / "pid" / "master.pid").read_text()
                os.kill(int(master), signal.SIGTERM)
    finally:
        shutil.rmtree(folder)


def _furnish(folder: Path, door: Door, port: int, tls: str) -> None:
    folder.chmod(0o755)  # its daemons are not root
    for name in ("etc", "queue", "data"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    settings = MAIN.format(folder=folder, port=door.bind.port, tls=tls)
    (folder / "etc" / "main.cf").write_text(settings)
    (folder / "etc" / "master.cf").write_text(MASTER.format(port=port))
    table = folder / "etc" / "sasl_passwd"
    table.write_text(f"[127.0.0.1]:{door.bind.port} scanner:{door.key}\n")


def settled(postfix: Postfix, count: int) -> list[str]:
    """Wait until so many recipients were dealt with."""
    return eventually(lambda: _enough(postfix.relayed(), count))


def _enough(lines: list[str], count: int) -> list[str] | None:
    return lines if len(lines) >= count else None
