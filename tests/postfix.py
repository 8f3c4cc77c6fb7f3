"""A real Postfix of a test's own: it has us as its relayhost, or keeps our mail.

`make mailers` installs it where it may; it runs as root alone, as everywhere.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from portal.config import Bind
from tests import dovecot
from tests.absent import lacking
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
alias_maps =
alias_database =
local_recipient_maps =
disable_dns_lookups = yes
"""
RELAY = """
mynetworks = 127.0.0.0/8
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_relay_restrictions = permit_mynetworks, reject
relayhost = [127.0.0.1]:{port}
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = texthash:{folder}/etc/sasl_passwd
smtp_sasl_security_options = noanonymous
smtp_tls_security_level = {tls}
smtp_host_lookup = native
"""
# Keeps mail for one domain, of whoever on this machine speaks TLS.
KEEPER = """
virtual_mailbox_domains = example.com
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:inbox/
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
smtpd_tls_chain_files = {folder}/etc/door.pem
smtpd_tls_security_level = encrypt
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = {who}, reject
smtpd_recipient_restrictions = {who}, reject
"""
# From whoever signs in alone, and only once it is encrypted.
KNOWN = """
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {socket}
smtpd_tls_auth_only = yes
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
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
scache unix - - n - 1 scache
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
ROOTS = f"{os.defpath}:/usr/sbin:/sbin"


@dataclass(frozen=True)
class Postfix:
    """Where it listens, and what it says and keeps of the mail that it gets."""

    bind: Bind
    folder: Path

    def settled(self, count: int) -> list[str]:
        """Wait until so many recipients were dealt with; return what is told."""
        return eventually(lambda: self._enough(count))

    def kept(self, count: int) -> list[bytes]:
        """Wait until so many mails are kept; return them."""
        self.settled(count)
        inbox = self.folder / "mail" / "inbox" / "new"
        return [each.read_bytes() for each in sorted(inbox.iterdir())]

    def said(self) -> str:
        """Return its log."""
        log = self.folder / "log"
        return log.read_text() if log.exists() else ""

    def _enough(self, count: int) -> list[str] | None:
        lines = [line for line in self.said().splitlines() if " status=" in line]
        return lines if len(lines) >= count else None


@contextmanager
def relaying(door: Door, *, encrypted: bool = False) -> Iterator[Postfix]:
    """Run a Postfix that relays all mail to the door, and end it."""
    tls = "encrypt" if encrypted else "none"
    with _furnished() as folder:
        settings = RELAY.format(folder=folder, port=door.bind.port, tls=tls)
        table = folder / "etc" / "sasl_passwd"
        table.write_text(f"[127.0.0.1]:{door.bind.port} scanner:{door.key}\n")
        with _running(folder, settings) as postfix:
            yield postfix


@contextmanager
def keeping(certificate: str) -> Iterator[Postfix]:
    """Run a Postfix that keeps mail which comes encrypted, and end it."""
    with _furnished() as folder:
        settings = _keeper(folder, certificate, "permit_mynetworks")
        with _running(folder, settings) as postfix:
            yield postfix


@contextmanager
def keeping_of_user(certificate: str, password: str) -> Iterator[Postfix]:
    """Run one that keeps it of somebody who signs in with this password alone."""
    with _furnished() as folder:
        settings = _keeper(folder, certificate, "permit_sasl_authenticated")
        with dovecot.knowing(folder / "dovecot", password) as socket:
            settings += KNOWN.format(socket=socket)
            with _running(folder, settings) as postfix:
                yield postfix


def _keeper(folder: Path, certificate: str, who: str) -> str:
    """Lay out what a keeper of mail needs; return its settings."""
    (folder / "mail").mkdir()
    shutil.chown(folder / "mail", "postfix")
    (folder / "etc" / "door.pem").write_text(certificate)
    user = pwd.getpwnam("postfix")
    return KEEPER.format(folder=folder, uid=user.pw_uid, gid=user.pw_gid, who=who)


@contextmanager
def _furnished() -> Iterator[Path]:
    if shutil.which("postfix", path=ROOTS) is None or os.geteuid() != 0:
        lacking(NEEDED)
    folder = Path(tempfile.mkdtemp(prefix="postfix-"))
    try:
        folder.chmod(0o755)  # its daemons are not root
        for name in ("etc", "queue", "data"):
            (folder / name).mkdir()
        shutil.chown(folder / "data", "postfix")
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def _running(folder: Path, settings: str) -> Iterator[Postfix]:
    bind = Bind("127.0.0.1", free_port())
    (folder / "etc" / "main.cf").write_text(MAIN.format(folder=folder) + settings)
    (folder / "etc" / "master.cf").write_text(MASTER.format(port=bind.port))
    program = shutil.which("postfix", path=ROOTS)
    words = [str(program), "-c", str(folder / "etc"), "start-fg"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL):
        try:
            connected(bind).close()
            yield Postfix(bind, folder)
        finally:
            # A script is between us and its master, and does not pass it on.
            master = (folder / "queue" / "pid" / "master.pid").read_text()
            os.kill(int(master), signal.SIGTERM)
