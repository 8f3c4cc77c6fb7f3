"""Which parts of a mail are its body, and what becomes of the others."""

import pytest

from portal.mail import mime
from tests.mail.mime.mails import HEAD, split, whole

PLAIN = b"Content-Type: text/plain\n\nplain"
FOOTER = b"Content-Type: text/plain\n\nfooter"
HTML = b"Content-Type: text/html\n\nhtml"
NAMED = b"Content-Type: text/html; name=a.html\n\nnamed"
INVITE = b"Content-Type: text/calendar; method=REQUEST\n\ninvite"
CSV = b"Content-Type: text/csv\n\ncsv"
PDF = b"Content-Type: application/pdf\n\npdf"
NOTHING = b"\n\n"


def multi(kind: str, *parts: bytes) -> bytes:
    boundary = f"{kind}{len(b''.join(parts))}"
    start = f"Content-Type: multipart/{kind}; boundary={boundary}\n\n".encode()
    between = f"--{boundary}\n".encode()
    inner = b"".join(between + part + b"\n" for part in parts)
    return start + inner + f"--{boundary}--\n".encode()


@pytest.mark.parametrize(
    ("content", "text", "html", "files"),
    [
        (PLAIN, "plain", None, []),
        (HTML, None, "html", []),
        (NAMED, None, "named", []),
        (CSV, None, None, [b"csv"]),
        (multi("mixed", PLAIN, FOOTER), "plain", None, [b"footer"]),
        (multi("mixed", NOTHING, PLAIN, NOTHING), "plain", None, []),
        (multi("mixed", PLAIN, CSV), "plain", None, [b"csv"]),
        # No alternatives, so the text says something else than the HTML.
        (multi("mixed", PLAIN, HTML), None, "html", [b"plain"]),
        (multi("mixed", PLAIN, NAMED), "plain", None, [b"named"]),
        (multi("mixed", NAMED, PDF), None, "named", [b"pdf"]),
        (multi("alternative", PLAIN, HTML), "plain", "html", []),
        (multi("alternative", PLAIN, HTML, INVITE), "plain", "html", [b"invite"]),
        (multi("alternative", PLAIN, INVITE), "plain", None, [b"invite"]),
        (
            multi("alternative", PLAIN, multi("mixed", HTML, PDF, FOOTER)),
            *("plain", "html", [b"pdf", b"footer"]),
        ),
        (
            multi("mixed", multi("alternative", PLAIN, HTML), FOOTER),
            *("plain", "html", [b"footer"]),
        ),
        (
            multi("mixed", multi("related", multi("alternative", PLAIN, HTML), PDF)),
            *("plain", "html", [b"pdf"]),
        ),
    ],
)
def test_one_body_is_chosen_and_the_rest_are_files(
    content: bytes, text: str | None, html: str | None, files: list[bytes]
) -> None:
    mail = split(HEAD + content)
    read = mime.outline(mail.skeleton)

    assert (read.text, read.html) == (text, html)
    assert list(mail.parts) == files
    assert read.obstacle == ""


def test_a_text_that_is_taken_out_comes_back_with_its_line_breaks() -> None:
    wrapped = (
        b"Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n"
        b"one=\n line\nkept=0Aas it is\n"
    )

    mail = split(HEAD + multi("mixed", PLAIN, CSV + b"\n1,2\n", wrapped))

    assert mail.files == (b"csv\r\n1,2\r\n", b"one line\r\nkept\nas it is\r\n")
    assert split(whole(mail)).parts == mail.parts


def test_texts_of_a_digest_stay_in_their_place() -> None:
    # Without a type they are messages, which may not be base64 (RFC 2046 section 5).
    digest = multi("digest", b"\nSubject: 1\n\nhi", b"\nSubject: 2\n\nhi")

    mail = split(HEAD + digest)

    assert mail.parts == ()
    assert digest.partition(b"\n\n")[2].replace(b"\n", b"\r\n") in whole(mail)
