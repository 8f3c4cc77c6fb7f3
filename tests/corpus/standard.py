"""Mails as Python's standard library writes them: EmailMessage and MIMEMultipart."""

from collections.abc import Callable
from email import policy
from email.message import EmailMessage
from email.message import Message as AnyMail
from email.mime.application import MIMEApplication
from email.mime.audio import MIMEAudio
from email.mime.image import MIMEImage
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

from tests.corpus.by_hand import PNG

LONG = "Ein sehr langer Betreff über Größe, der nicht auf eine Zeile paßt, " * 4


def mails() -> dict[str, bytes]:
    made = {f"python {name}": make() for name, make in MAKERS.items()}
    return {name: _written(name, mail) for name, mail in made.items()}


def _written(name: str, mail: AnyMail) -> bytes:
    fields = {
        "From": "Ann <from@corpus.example>",
        "To": "Jane <jane@example.com>",
        "Subject": name,
        "Date": "Fri, 20 Nov 2026 12:00:00 +0000",
        "Message-ID": f"<{name.replace(' ', '-')}@corpus.example>",
    }
    for field, value in fields.items():
        if field not in mail:
            mail[field] = value
    return mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))


def text(content: str = "Well.\n") -> EmailMessage:
    mail = EmailMessage()
    mail.set_content(content)
    return mail


def unicode_text() -> EmailMessage:
    mail = text("Grüße 🚀\n" + "long " * 300 + "\n")
    mail["Subject"] = LONG.strip()
    mail["Reply-To"] = "Jürgen Groß <juergen@x.example>"
    return mail


def everything() -> EmailMessage:
    mail = text()
    mail.add_alternative("<p>Wäll. <img src='cid:a.b@x'></p>", subtype="html")
    page = mail.get_payload()[1]  # type: ignore[index]
    page.add_related(PNG, "image", "png", cid="<a.b@x>")  # type: ignore[union-attr]
    mail.add_attachment(b"PDF", maintype="application", subtype="pdf", filename="a.pdf")
    mail.add_attachment("Grüße\n", filename="grüße.txt")
    return mail


def forwarded() -> EmailMessage:
    mail = text("See below.\n")
    inner = everything()
    inner["Subject"] = "Inner"
    mail.add_attachment(inner)
    return mail


def many_files() -> EmailMessage:
    mail = text()
    for number in range(100):
        mail.add_attachment(
            b"%d" % number, maintype="x", subtype="y", filename=f"日本 {number}.txt"
        )
    return mail


def utf8() -> EmailMessage:
    mail = EmailMessage(policy=policy.SMTPUTF8)
    mail["Subject"] = "Grüße"
    mail["To"] = "Jürgen <jürgen@bücher.example>"
    mail.set_content("Äh.\n", cte="8bit")
    return mail


def in_parts() -> MIMEMultipart:
    mail = MIMEMultipart("mixed")
    mail.preamble = "This is a mail in parts."
    pages = MIMEMultipart("alternative")
    pages.attach(MIMEText("Wäll.", "plain", "utf-8"))
    pages.attach(MIMEText("<p>Wäll.</p>", "html", "iso-8859-1"))
    mail.attach(pages)
    picture = MIMEImage(PNG, name="Größe.png")
    picture.add_header("Content-Disposition", "attachment", filename="Größe.png")
    mail.attach(picture)
    mail.attach(MIMEAudio(b"RIFF\0\0\0\0WAVE", "x-wav", name="a.wav"))
    return mail


def mail_in_parts() -> MIMEMultipart:
    mail = MIMEMultipart()
    mail.attach(MIMEText("See below."))
    inner = MIMEMultipart()
    inner["Subject"] = "Inner"
    inner.attach(MIMEApplication(b"PDF", "pdf", name="a.pdf"))
    mail.attach(MIMEMessage(inner))
    return mail


def japanese() -> MIMEText:
    mail = MIMEText("日本語のメール\n", "plain", "iso-2022-jp")
    mail["Subject"] = "日本語"
    return mail


MAKERS: dict[str, Callable[[], AnyMail]] = {
    "text": text,
    "unicode": unicode_text,
    "everything": everything,
    "forwarded": forwarded,
    "many files": many_files,
    "utf8": utf8,
    "parts": in_parts,
    "mail in parts": mail_in_parts,
    "japanese": japanese,
}
