"""Where the parts of a message begin and end, as every reader of mail agrees."""

import pytest

from portal.mail.mime.tree import Part, scan

MIXED = b"Content-Type: multipart/mixed; boundary=a\n\n"
INNER = b"Content-Type: multipart/mixed; boundary=ab\n\n"


def leaves(raw: bytes) -> list[bytes]:
    return [raw[part.body : part.end] for part in scan(raw).walk() if not part.children]


@pytest.mark.parametrize(
    ("raw", "bodies"),
    [
        (b"", [b""]),
        (b"no header\n", [b"no header\n"]),
        (b"X-A: 1", [b""]),
        (b"X-A: 1\n\nbody", [b"body"]),
        (b"X-A: 1\nbody: \n more\n\nbody", [b"body"]),
        (b"X-A: 1\nno field\n\nbody", [b"no field\n\nbody"]),
        (MIXED + b"no part", [b"no part"]),
        (MIXED + b"pre\n--a\n\none\n--a\n\ntwo\n--a--\nafter", [b"one", b"two"]),
        (MIXED + b"--a\n\none\n--a  \n\ntwo", [b"one", b"two"]),
        (MIXED + b"--a\n\none\n--ab\n --a\nx--a\n--a--", [b"one\n--ab\n --a\nx--a"]),
        (MIXED + b"--a\n--a--\n", [b""]),
        (
            MIXED + b"--a\n" + INNER + b"--ab\n\none\n--a\n\ntwo\n--a--",
            [b"one", b"two"],
        ),
        (MIXED + b"--a\n" + MIXED + b"--a\n\none\n--a--", [b"", b"one"]),
        (b"Content-Type: multipart/mixed\n\n--\n\nx\n----", [b"--\n\nx\n----"]),
    ],
)
@pytest.mark.parametrize("line_break", [b"\n", b"\r\n", b"\r"])
def test_parts_are_found(raw: bytes, bodies: list[bytes], line_break: bytes) -> None:
    found = leaves(raw.replace(b"\n", line_break))

    assert found == [body.replace(b"\n", line_break) for body in bodies]


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Type: message/rfc822\n\n",
        b"Content-Type: multipart/signed; boundary=a\n\n",
        b"Content-Type: application/pkcs7-mime; boundary=a\n\n",
        b"Content-Transfer-Encoding: base64\n" + MIXED,
    ],
)
def test_what_is_closed_is_not_looked_into(head: bytes) -> None:
    assert scan(head + MIXED + b"--a\n\nx\n--a--").children == ()


def test_a_field_has_its_lines_and_its_value() -> None:
    raw = b"X-A : one\r\n\ttwo\r\nx-b:\r\n\r\n"

    root = scan(raw)

    assert [(each.name, each.value) for each in root.fields] == [
        ("x-a", b"one\ttwo"),
        ("x-b", b""),
    ]
    assert [raw[each.start : each.end] for each in root.fields] == [
        b"X-A : one\r\n\ttwo\r\n",
        b"x-b:\r\n",
    ]


def test_a_type_nobody_can_read_is_text() -> None:
    part: Part = scan(b"Content-Type: ; boundary=a\n\n--a\n\nx\n--a--")

    assert (part.type, part.children) == ("text/plain", ())
