"""The envelope decides who gets a mail, and its header bows to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.errors import InvalidMessage
from portal.mail import mime
from portal.mail.mime import Recipients
from portal.mail.mime.apart.recipients import MOST_LISTED
from tests.mail.mime.mails import DATE

FROM = b"Message-ID: <1@x>\r\nDate: now\r\nMIME-Version: 1.0\r\nFrom: a@x.example\r\n"


def opened(header: bytes, *recipients: str) -> mime.Splitter:
    """Open a mail that came in an envelope."""
    mail = FROM + header + b"\r\nHi\r\n"
    named = Recipients(recipients)
    return mime.Splitter([mail], message_id="<2@x>", date=DATE, recipients=named)


def left(header: bytes, *recipients: str) -> bytes:
    """Return what becomes of the header fields of a mail."""
    mail = opened(header, *recipients)
    assert list(mail.parts()) == []
    whole = b"".join(mime.render(mail.skeleton, lambda _: []))
    assert whole.startswith(FROM)
    assert whole.endswith(b"\r\nHi\r\n")
    return whole.removeprefix(FROM).removesuffix(b"\r\nHi\r\n")


def who(header: bytes, *recipients: str) -> tuple[list[str], list[str], list[str]]:
    """Return to, cc and bcc."""
    found = opened(header, *recipients).envelope
    to, cc, bcc = (
        [e.address for e in some] for some in (found.to, found.cc, found.bcc)
    )
    return to, cc, bcc


@pytest.mark.parametrize(
    "header",
    [
        b"To: Ben <ben@x.example>,Cleo\t<cleo@x.example>\r\n",
        b"TO:  Friends:\r\n\tben@X.Example , (she) cleo@x.example;\r\nSubject: S\r\n",
        b'Cc: "B, en" <BEN@x.example>\r\nTo: =?utf-8?q?C?=\r\n <cleo@x.example>\r\n',
        b"To: ben@x.example\r\nTo: ben@x.example\r\nCc: cleo@x.example\r\n",
    ],
)
def test_a_header_that_names_the_same_stays_as_it_is(header: bytes) -> None:
    recipients = ("ben@x.example", "cleo@x.example")

    assert left(header, *recipients) == header
    assert who(header, *recipients)[2] == []
    assert not opened(header, *recipients).envelope.differs


@pytest.mark.parametrize(
    ("header", "rest"),
    [
        (
            b"To: Ann <ann@x.example>, Ben <ben@x.example>\r\nSubject: S\r\n",
            b"To: Ben <ben@x.example>\r\nX-Original-To: Ann <ann@x.example>\r\n"
            b"Subject: S\r\n",
        ),
        (b"Cc: ann@x.example\r\n", b"X-Original-To: ann@x.example\r\n"),
        (
            b'to: "A, nn" <ann@x.example>,\r\n Ben (he,\r\n him)\r\n <ben@x.example>,'
            b" Dan:dan@x.example;\r\n",
            b"to: Ben (he,\r\n him)\r\n <ben@x.example>\r\n"
            b'X-Original-To: "A, nn" <ann@x.example>,\r\n dan@x.example\r\n',
        ),
        (
            b"To: Both: ben@x.example, ann@x.example;, undisclosed:;\r\n",
            b"To: ben@x.example\r\nX-Original-To: ann@x.example\r\n",
        ),
        (b"To: root\r\n", b"X-Original-To: root\r\n"),
        (b"To: B\xfcro <no\xff@x>\r\n", b"X-Original-To: B\xfcro <no\xff@x>\r\n"),
        (b"Bcc: ann@x.example, ben@x.example\r\n", b""),
        (b"To: undisclosed-recipients:;\r\n", b"To: undisclosed-recipients:;\r\n"),
    ],
)
def test_whom_the_envelope_does_not_name_leaves_the_header(
    header: bytes, rest: bytes
) -> None:
    assert left(header, "ben@x.example") == rest


def test_others_become_unseen_recipients_each_once() -> None:
    header = b"To: Ann <ann@x.example>\r\nCc: ben@x.example\r\nBcc: eve@x.example\r\n"
    given = ("ben@x.example", "Dan@X.example", "dan@x.example", "ben@x.example")

    assert who(header, *given) == ([], ["ben@x.example"], ["Dan@x.example"])


def test_a_bcc_header_reaches_nobody_in_an_envelope() -> None:
    assert who(b"Bcc: eve@x.example\r\n", "ben@x.example") == (
        [],
        [],
        ["ben@x.example"],
    )


@pytest.mark.parametrize("written", ["ben@bücher.example", "ben@XN--bcher-kva.example"])
@pytest.mark.parametrize("given", ["ben@BÜCHER.example", "ben@xn--bcher-kva.example"])
def test_a_domain_is_the_same_in_unicode_and_punycode(written: str, given: str) -> None:
    header = f"To: {written}\r\n".encode()

    assert left(header, given) == header
    assert who(header, given) == (["ben@xn--bcher-kva.example"], [], [])


@pytest.mark.parametrize(
    ("header", "differs"),
    [
        (b"To: ben@x.example\r\nBcc: cleo@x.example\r\n", False),
        (b"To: ben@x.example\r\n", True),
        (b"To: ben@x.example, cleo@x.example, dan@x.example\r\n", True),
        (b"To: ben@x.example\r\nBcc: cleo@x.example, dan@x.example\r\n", True),
        (b"To: ben@x.example, cleo@x.example, root\r\n", True),
        (b"", True),
    ],
)
def test_whether_header_and_envelope_differ_is_told(
    header: bytes, differs: bool
) -> None:
    found = opened(header, "ben@x.example", "cleo@x.example").envelope

    assert found.differs is differs


def test_wrong_recipients_are_named() -> None:
    with pytest.raises(InvalidMessage) as refused:
        Recipients(["ben@x.example", "nobody", "a@b@c"])

    fields = [each.field for each in refused.value.problems]
    assert fields == ["recipients[1]", "recipients[2]"]


@pytest.mark.parametrize("count", [0, 501])
def test_an_envelope_has_somebody_and_no_crowd(count: int) -> None:
    with pytest.raises(InvalidMessage):
        Recipients([f"{number}@x.example" for number in range(count)])


def test_a_header_may_list_more_than_an_envelope_but_not_any_number() -> None:
    many = ", ".join(f"{number}@x.example" for number in range(MOST_LISTED))
    assert who(f"To: {many}\r\n".encode(), "7@x.example") == (["7@x.example"], [], [])

    with pytest.raises(InvalidMessage):
        opened(f"To: {many}, ben@x.example\r\n".encode(), "7@x.example")


PEOPLE = [f"{name}@x.example" for name in "abcdefg"]
WRITTEN = st.sampled_from(
    ["{}", "N <{}>", '"N, \\"" <{}>', "=?utf-8?q?=2C?= <{}> (c,)"]
)
ENTRIES = st.lists(st.tuples(WRITTEN, st.sampled_from(PEOPLE)), max_size=9)


@given(to=ENTRIES, cc=ENTRIES, named=st.sets(st.sampled_from(PEOPLE), min_size=1))
def test_everybody_in_the_envelope_gets_it_and_nobody_else(
    to: list[tuple[str, str]], cc: list[tuple[str, str]], named: set[str]
) -> None:
    lines = [
        f"{name}: {', '.join(text.format(one) for text, one in some)}\r\n"
        for name, some in (("To", to), ("Cc", cc))
    ]

    seen, copied, unseen = who("".join(lines).encode(), *named)

    assert {*seen, *copied, *unseen} == named
    assert seen == [one for _, one in to if one in named]
    assert copied == [one for _, one in cc if one in named]
    assert sorted(unseen) == sorted(named - {*seen, *copied})
