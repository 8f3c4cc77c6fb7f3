"""Mails as other programs write them: nodemailer, and git send-email.

`make mailers` installs them, as `make test` does, where it may.
"""

import json
import os
import shutil
import stat
import subprocess
import sys
from base64 import b64decode
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from tests.absent import lacking

NODEMAILER = Path(__file__).parent / "nodemailer"
NO_NODEMAILER = "nodemailer is not installed; as root, `make mailers` does it."
NO_GIT_EMAIL = "git send-email is not installed; as root, `make mailers` does it."
SERIES = 3  # mails of two patches and their cover letter
WHO = {
    "GIT_AUTHOR_NAME": "Jürgen Groß",
    "GIT_AUTHOR_EMAIL": "juergen@x.example",
    "GIT_COMMITTER_NAME": "Ann",
    "GIT_COMMITTER_EMAIL": "from@corpus.example",
}
# Stands where git expects sendmail, and pipes to our door.
PROGRAM = """#!/bin/sh
set -e
cat > "$0.$$.mail"
PORTAL_INSTANCE='{instance}' '{python}' -m portal send < "$0.$$.mail" > "$0.$$.id"
"""


def by_nodemailer() -> dict[str, bytes]:
    node = shutil.which("node")
    if node is None or not (NODEMAILER / "node_modules").is_dir():
        lacking(NO_NODEMAILER)
    ran = subprocess.run(
        [node, NODEMAILER / "write.js"], check=True, capture_output=True
    )
    written = [json.loads(line) for line in ran.stdout.splitlines()]
    return {each["name"]: b64decode(each["raw"]) for each in written}


def by_git(folder: Path, sender: str, instance: Path) -> dict[UUID, bytes]:
    """Return what `git send-email` hands to a house, by what it becomes there."""
    sendmail = folder / "sendmail"
    sendmail.write_text(PROGRAM.format(instance=instance, python=sys.executable))
    sendmail.chmod(stat.S_IRWXU)
    git_sends(folder, sender, [f"--sendmail-cmd={sendmail}"])
    ids = sorted(folder.glob("sendmail.*.id"))
    assert len(ids) == SERIES
    return {
        UUID(each.read_text().split()[0]): each.with_suffix(".mail").read_bytes()
        for each in ids
    }


def git_sends(folder: Path, sender: str, options: Sequence[str]) -> None:
    """Have `git send-email` send two patches and their cover letter."""
    if not _knows_send_email(folder):
        lacking(NO_GIT_EMAIL)
    _commit(folder, "Größe messen", "größer\n")
    _commit(folder, "Remove what nobody reads", ".\nFrom here on\n" + "long " * 300)
    to = ["--to=Jane <jane@example.com>", "--cc=Jürgen Groß <juergen@x.example>"]
    patches = ["--cover-letter", "--subject-prefix=PATCH v2", "-2", "-o", "patches"]
    _git(folder, "format-patch", *patches)
    [cover] = (folder / "patches").glob("*cover-letter.patch")
    text = cover.read_text().replace("*** SUBJECT HERE ***", "Grüße")
    cover.write_text(text.replace("*** BLURB HERE ***", "Zwei Änderungen."))
    _git(
        folder,
        *("send-email", f"--from=Ann <{sender}>", *to, "--confirm=never"),
        *("--8bit-encoding=UTF-8", "--suppress-cc=all", *options, "patches"),
    )


def _knows_send_email(folder: Path) -> bool:
    _git(folder, "init", "--quiet")
    (folder / "start").write_text("")
    _git(folder, "add", ".")
    _git(folder, "commit", "--quiet", "--message=Start")
    path = _git(folder, "--exec-path").stdout.decode().strip()
    return (Path(path) / "git-send-email").exists()


def _commit(folder: Path, subject: str, content: str) -> None:
    (folder / "start").write_text(content)
    _git(folder, "commit", "--quiet", "--all", f"--message={subject}")


def _git(folder: Path, *words: str) -> "subprocess.CompletedProcess[bytes]":
    alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(
        ["git", "-C", folder, *words],
        env=os.environ | WHO | alone,
        check=True,
        capture_output=True,
    )
