"""Programs that others wrote, as docs/smtp.md has them set up."""

import os
import re
import shutil
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from portal.config import Config
from tests.absent import lacking
from tests.corpus import journey, others, reading
from tests.delivery.steps import work
from tests.intake.smtp.talking import ANN, JANE, Door, connected, listening
from tests.sandbox.serving import Sandbox

PAGE = Path(__file__).parents[3] / "docs" / "smtp.md"
FILE = bytes(range(256)) * 500
HIDDEN = "hidden@x.example"
TEXT = r"Größe.\n.\n.."
# What a program of theirs says to send a mail, once its settings are read.
FRAMEWORKS = {
    "Django": f"""
import os, pathlib
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
from django.core.mail import EmailMessage
mail = EmailMessage("Größe", "{TEXT}", to=[os.environ["TO"]], bcc=["{HIDDEN}"])
mail.attach("size.bin", pathlib.Path("size.bin").read_bytes(), "x/y")
assert mail.send() == 1
""",
    "Flask-Mail": f"""
import os, pathlib
from flask import Flask
from flask_mail import Mail, Message
app = Flask("app", root_path=os.getcwd())
app.config.from_pyfile("settings.py")
mailer = Mail(app)
with app.app_context():
    mail = Message("Größe", [os.environ["TO"]], "{TEXT}", bcc=["{HIDDEN}"])
    mail.attach("size.bin", "x/y", pathlib.Path("size.bin").read_bytes())
    mailer.send(mail)
""",
}


def written() -> EmailMessage:
    """Write a mail of what is easily changed on the way, with a file."""
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"], mail["To"], mail["Subject"] = ANN, "ann@example.org", "Hello"
    mail.set_content("Größe.\n.\n..\n", cte="8bit")
    mail.add_attachment(FILE, "application", "octet-stream", filename="größe.bin")
    return mail


MAIL = written()
CRLF = MAIL.as_bytes()
LF = CRLF.replace(b"\r\n", b"\n")


@pytest.fixture
def door(house: Config, sandbox: Sandbox) -> Iterator[Door]:
    """Open the door of a house that sends as Ann, for real."""
    journey.connected("own", house, sandbox)
    with listening(house) as opened:
        connected(opened.bind).close()
        yield opened


def block(name: str) -> str:
    """Return what the page says below the name of a program."""
    lines = rf"^{name}[^\n]*:\n\n((?:    [^\n]*\n)+)"
    found = re.search(lines, PAGE.read_text(), re.MULTILINE)
    assert found, name
    return found[1].replace("\n    ", "\n").removeprefix("    ")


def here(text: str, door: Door) -> str:
    """Put in what differs from one reader of the page to the next."""
    text = text.replace("2525", str(door.bind.port))
    return text.replace("reports@contoso.example", ANN)


def needs(program: str) -> str:
    path = shutil.which(program)
    return path or lacking(
        f"{program} is missing; as root, `make mailers` installs it."
    )


def arrived(sandbox: Sandbox) -> list[dict[str, Any]]:
    work()
    return sorted(sandbox.mails(), key=lambda mail: str(mail["subject"]))


def test_nodemailer(door: Door, sandbox: Sandbox) -> None:
    node = needs("node")
    if not (others.NODEMAILER / "node_modules").is_dir():
        lacking(others.NO_NODEMAILER)
    program = str(others.NODEMAILER / "send.js")
    words = [node, program, str(door.bind.port), door.key, ANN]
    ran = subprocess.run(words, check=True, capture_output=True)

    mails = arrived(sandbox)
    assert ran.stdout.count(b"250 2.0.0 queued as ") == 3
    assert [mail["subject"] for mail in mails] == [f"Grüße {n}" for n in (1, 2, 3)]
    assert all(mail["bcc"] == ["hidden@x.example"] for mail in mails)
    files = [mail["attachments"][0]["sha256"] for mail in mails]
    assert files == [sha256(bytes([n]) * 300_000).hexdigest() for n in (1, 2, 3)]


def test_git_send_email(door: Door, sandbox: Sandbox, tmp_path: Path) -> None:
    settings = here(block("git send-email"), door).replace("mp_…", door.key)
    options = [
        f"--{self_named(name)}={value}"
        for name, value in re.findall(r"sendemail\.(\w+) = (\S+)", settings)
    ]

    others.git_sends(tmp_path, ANN, [*options, "--bcc=hidden@x.example"])

    mails = arrived(sandbox)
    patches = sorted((tmp_path / "patches").iterdir())
    assert len(mails) == len(patches) == others.SERIES
    for mail, patch in zip(mails, patches, strict=True):
        assert said(sandbox.source(mail)).endswith(said(patch.read_bytes()))
    assert {each for mail in mails for each in mail["bcc"]} == {"hidden@x.example"}
    assert "hidden@x.example" not in str([mail["headers"] for mail in mails])


def said(raw: bytes) -> bytes:
    return reading.content(message_from_bytes(raw))


def self_named(setting: str) -> str:
    """Name the option for a setting of git's: smtpServer is --smtp-server."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", setting).lower()


def test_curl(door: Door, sandbox: Sandbox, tmp_path: Path) -> None:
    needs("curl")
    (tmp_path / "mail.eml").write_bytes(CRLF)
    environ = os.environ | {"PORTAL_API_KEY": door.key}
    words = here(block("curl"), door)
    subprocess.run(words, check=True, shell=True, cwd=tmp_path, env=environ)

    [mail] = arrived(sandbox)
    assert (mail["to"], mail["subject"]) == (["ann@example.org"], "Hello")
    assert digest(sandbox.source(mail)) == digest(CRLF)


def digest(raw: bytes) -> str:
    """Return the hash of a body, byte for byte."""
    return sha256(reading.apart(raw)[1]).hexdigest()


def test_pythons_smtplib(door: Door, sandbox: Sandbox) -> None:
    with smtplib.SMTP(door.bind.host, door.bind.port) as client:
        client.login("reports", door.key)

        sent = [
            client.send_message(MAIL),
            client.sendmail(ANN, [JANE], CRLF),
        ]
        with pytest.raises(smtplib.SMTPDataError) as refused:
            client.sendmail(ANN, [JANE], LF)

    assert sent == [{}, {}]
    assert {digest(sandbox.source(mail)) for mail in arrived(sandbox)} == {digest(CRLF)}
    assert (refused.value.smtp_code, refused.value.smtp_error[:6]) == (550, b"5.6.0 ")


@pytest.mark.parametrize(("name", "program"), FRAMEWORKS.items())
def test_a_framework_with_its_settings_from_the_page(
    door: Door, sandbox: Sandbox, tmp_path: Path, name: str, program: str
) -> None:
    (tmp_path / "settings.py").write_text(here(fenced(name), door))
    (tmp_path / "size.bin").write_bytes(FILE)
    environ = os.environ | {"PORTAL_API_KEY": door.key, "TO": JANE}
    words = [sys.executable, "-c", program]
    subprocess.run(words, check=True, cwd=tmp_path, env=environ)

    [mail] = arrived(sandbox)
    assert (mail["from"], mail["to"], mail["bcc"]) == (ANN, [JANE], [HIDDEN])
    assert (mail["subject"], mail["text"].split()) == ("Größe", ["Größe.", ".", ".."])
    assert mail["attachments"][0]["sha256"] == sha256(FILE).hexdigest()


def fenced(name: str) -> str:
    """Return the Python that the page has below the name of a framework."""
    found = re.search(
        rf"^{name}[^\n]*:\n\n```python\n(.*?)^```$",
        PAGE.read_text(),
        re.MULTILINE | re.DOTALL,
    )
    assert found, name
    return found[1]


def test_msmtp(door: Door, sandbox: Sandbox, tmp_path: Path) -> None:
    program = needs("msmtp")
    settings = here(block("msmtp"), door)
    file = tmp_path / "msmtprc"
    file.write_text(re.sub(r"cat \S+", f"printf %s {door.key}", settings))
    file.chmod(0o600)
    subprocess.run(
        [program, f"--file={file}", "--account=portal", "--read-recipients"],
        check=True,
        input=LF,
    )

    [mail] = arrived(sandbox)
    assert (mail["to"], mail["subject"]) == (["ann@example.org"], "Hello")
    assert digest(sandbox.source(mail)) == digest(CRLF)
