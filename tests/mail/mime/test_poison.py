"""Header fields that Python's own readers stumble over: door and worker do not."""

from base64 import encodebytes

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.errors import InvalidMessage
from portal.mail import mime
from portal.mail.mime.tree import scan
from tests.mail.mime.mails import HEAD, Split, split, whole

START = (
    HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHi\r\n--b\r\n"
)
BODY = b"hello \\ud800 x \xff +2AA- \r\n"
FIELDS = [
    b"Content-Disposition: attachment; filename*=undefined''x",
    b"Content-Disposition: attachment; filename*=idna''x%ff",
    b"Content-Disposition: attachment; filename*=unicode_escape''%5Cud800",
    b"Content-Disposition: attachment; filename*=utf-7''+2AA-",
    b"Content-Disposition: attachment; filename*0*=x; filename*=y",
    b'Content-Disposition: attachment; filename="=?unicode_escape?q?=5Cud800?="',
    b'Content-Disposition: attachment; filename="=?undefined?q?x?="',
    b'Content-Disposition: \xff; filename="\\',
    b"Content-Type: text/plain; name*=undefined''x",
    b"Content-Type: text/plain; name*=unicode_escape''%5Cud800",
    b"Content-Type: text/plain; name*0*=x; name*0=y; name*2=z",
    b"Content-Type: text/plain; name*x=z; name*99999999999999999999=y",
    b"Content-Type: text/plain; charset*=undefined''x",
    b"Content-Type: text/plain; charset*=unicode_escape''%5Cud800",
    b"Content-Type: text/plain; charset*0*=a; charset*=b",
    b"Content-Type: text/plain; charset=\xff\xfe",
    b"Content-Type: text/html; charset=utf-8\x00x",
    b"Content-Type: text/html; charset=" + b"x" * 5000,
    b"Content-Type: multipart/mixed; boundary*=undefined''x",
    b"Content-Type: multipart/mixed; boundary*=unicode_escape''%5Cud800",
    b"Content-Type: multipart/mixed; boundary*0*=a; boundary*=b",
    b"Content-Type: multipart/mixed; boundary*=utf-8''a%0Ab",
    b"Content-Transfer-Encoding: \xe2\x80\xa8",
    b"Content-ID: \x00\x01",
    *(
        b"Content-Type: text/html; charset=" + charset
        for charset in (b"utf-7", b"utf-16", b"rot13", b"zlib", b"mbcs", b"undefined")
    ),
    *(
        b"Content-Type: text/html; charset=" + charset
        for charset in (b"idna", b"punycode", b"unicode_escape", b"raw-unicode-escape")
    ),
]


def through(raw: bytes) -> Split:
    """Take a mail through all that a door and a worker do with one."""
    mail = split(raw)
    told = mime.outline(mail.skeleton)
    for leaf in told.attachments:
        leaf.name.encode()
        found = b"".join(mime.unpacked([mail.parts[leaf.number - 1]], leaf.encoding))
        assert leaf.size == len(found)
    for text in (told.text, told.html, told.subject, told.obstacle):
        (text or "").encode()
    whole(mail)
    mime.without(mail.skeleton, mime.movable(mail.skeleton))
    return mail


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: repr(field[:70]))
def test_a_field_that_cannot_be_read_harms_nobody(field: bytes) -> None:
    through(HEAD + field + b"\r\n\r\n" + BODY)
    through(START + field + b"\r\n\r\n" + BODY + b"--b--\r\n")


WORDS = st.lists(
    st.sampled_from(
        [
            *("name", "filename", "boundary", "charset", "*", "*0", "*0*", "*1", "="),
            *("''", "'", '"', ";", "; ", "%5Cud800", "%ff", "\\", "\\ud800", "+2AA-"),
            *("text/html", "text/plain", "multipart/mixed", "attachment", "image/png"),
            *("utf-8", "utf-7", "idna", "undefined", "unicode_escape", "punycode"),
            *("base64", "quoted-printable", "binary", "\x00", "\n ", "é", "=?", "?="),
            *("multipart/signed", "application/pkcs7-mime", "x", "boundary=c"),
        ]
    ),
    max_size=12,
).map("".join)
NAMES = st.sampled_from(
    ["Type", "Disposition", "ID", "Transfer-Encoding", "Type: text/html; charset"]
)
HEADERS = st.lists(st.tuples(NAMES, WORDS), max_size=3)


@given(HEADERS, st.sampled_from([BODY, b"--c\r\n\r\nx\r\n--c--\r\n", b"aGk="]))
@example([("Type", "text/html; charset=punycode")], b"a" * 100_000 + b"-" + b"a" * 99)
def test_whatever_headers_a_part_has_it_passes_or_is_refused(
    headers: list[tuple[str, str]], body: bytes
) -> None:
    fields = "".join(f"Content-{name}: {words}\r\n" for name, words in headers)
    raw = fields.encode() + b"\r\n" + body
    for mail in (HEAD + raw, START + raw + b"--b--\r\n"):
        try:
            again = through(mail)
        except InvalidMessage:
            continue
        assert scan(again.skeleton)


@pytest.mark.parametrize("kind", [b"multipart/mixed", b"multipart/signed"])
def test_a_multipart_in_base64_is_counted_as_it_stands(kind: bytes) -> None:
    packed = encodebytes(bytes(4_000_000)).replace(b"\n", b"\r\n")
    head = b"Content-Type: %b; boundary=c\r\nContent-Transfer-Encoding: base64\r\n\r\n"

    mail = through(START + head % kind + packed + b"--b--\r\n")

    [leaf] = mime.outline(mail.skeleton).attachments
    assert (leaf.encoding, leaf.size) == ("", len(packed) - 2)
    assert mail.files == (packed[:-2],)


def test_what_cannot_be_read_is_as_if_it_were_not_there() -> None:
    field = b"Content-Disposition: attachment; filename*=undefined''x\r\n"
    known = b"Content-Type: image/png; name=a.png\r\n"

    [leaf] = mime.outline(
        through(START + field + known + b"\r\nPNG\r\n--b--\r\n").skeleton
    ).attachments

    assert leaf.name == "a.png"
