"""A mail with files beside it: what is written, and how much that is."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from portal.sandbox.mailbox import enclosure
from portal.sandbox.mailbox.mime import File

MAIL = (
    b"Subject: plans\r\nMIME-Version: 1.0\r\nX-Kept: yes\r\n"
    b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain\r\n\r\nhi\r\n"
    b"--b\r\nContent-Type: text/html\r\n\r\n<img src='cid:logo'>\r\n--b--\r\n"
)
BODY = MAIL.split(b"\r\n\r\n", 1)[1]
LOGO = File(
    name="logo.png",
    content_type="image/png",
    content=b"\x89PNG",
    inline=True,
    content_id="logo",
)


def file(content: bytes = b"hello", name: str = "a.txt") -> File:
    """Return a file that is beside a mail."""
    return File(name=name, content_type="text/plain", content=content)


def written(*files: File) -> bytes:
    """Return a mail with files, held against what it was said to have."""
    pieces = enclosure.enclose(MAIL, files)
    whole = b"".join(enclosure.written(pieces))
    assert len(whole) == enclosure.size(pieces)
    return whole


def parsed(*files: File) -> EmailMessage:
    """Read a mail with files."""
    mail = message_from_bytes(written(*files), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def test_a_mail_without_files_is_what_it_was() -> None:
    assert written() == MAIL


@pytest.mark.parametrize(
    "size", [0, 1, 2, 3, 56, 57, 58, 114, 57 * 1024, 57 * 1024 + 1, 400_001]
)
def test_a_file_of_any_size_comes_out_as_it_went_in(size: int) -> None:
    content = bytes(each % 251 for each in range(size))

    [part] = parsed(file(content)).iter_attachments()

    assert part.get_payload(decode=True) == content


def test_a_files_pieces_may_end_anywhere() -> None:
    class Torn(File):
        def read(self):  # type: ignore[no-untyped-def]
            yield from (self.content[at : at + 100] for at in range(0, 1000, 100))

    torn = Torn(name="a", content_type="text/plain", content=bytes(1000))

    assert written(torn) == written(file(bytes(1000), "a"))


def test_no_line_is_longer_than_76_letters() -> None:
    lines = written(file(b"x" * 1000)).split(b"\r\n")

    assert max(map(len, lines)) <= 76


def test_its_own_parts_are_untouched() -> None:
    whole = written(file(), LOGO)

    assert BODY in whole
    assert b"X-Kept: yes\r\n" in whole.split(b"\r\n\r\n")[0]


def test_a_picture_is_related_and_other_files_are_beside() -> None:
    mail = parsed(file(), LOGO)

    related, beside = mail.iter_parts()
    alternative, picture = related.iter_parts()
    assert mail.get_content_type() == "multipart/mixed"
    assert related.get_content_type() == "multipart/related"
    assert alternative.get_content_type() == "multipart/alternative"
    assert (picture["Content-ID"], picture.get_filename()) == ("<logo>", "logo.png")
    assert beside.get_filename() == "a.txt"


def test_pictures_alone_are_related() -> None:
    assert parsed(LOGO).get_content_type() == "multipart/related"


def test_a_type_that_is_none_is_any() -> None:
    odd = File(name="größe", content_type="multipart/mixed", content=b"x")

    [part] = parsed(odd).iter_attachments()

    assert part.get_content_type() == "application/octet-stream"
    assert part.get_filename() == "größe"
