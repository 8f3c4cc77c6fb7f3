"""How header fields are read, whoever wrote them, and how they are folded."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.mail.message import Address
from portal.mail.mime import header


@pytest.mark.parametrize(
    ("value", "listed"),
    [
        ("a@x.example", [("", "a@x.example")]),
        (
            "A <a@x.example>,, B <b@x.example>,",
            [("A", "a@x.example"), ("B", "b@x.example")],
        ),
        ('"Doe, J" <a@x.example>', [("Doe, J", "a@x.example")]),
        ('"Say \\"hi\\"" <a@x.example>', [('Say "hi"', "a@x.example")]),
        (
            "a@x.example (Ann, (of) X), b@x.example",
            [("", "a@x.example"), ("", "b@x.example")],
        ),
        (
            "Team: a@x.example, B <b@x.example>;",
            [("", "a@x.example"), ("B", "b@x.example")],
        ),
        ("undisclosed-recipients:;", []),
        ("", []),
        ("=?utf-8?q?Doe=2C_J?= <a@x.example>", [("Doe, J", "a@x.example")]),
        (
            "=?utf-8?b?w7w=?= =?utf-8?q?=C3?= =?utf-8?q?=BC?= <a@x.example>",
            [("üü", "a@x.example")],
        ),
        ("Jürgen <a@x.example>", [("Jürgen", "a@x.example")]),
        ("Never: ended@x.example", [("", "ended@x.example:")]),
        ("a@x.example Bcc: b@x.example;", [("", "a@x.example Bcc:b@x.example")]),
        ("nobody", [("", "nobody")]),
    ],
)
def test_a_list_of_addresses_is_read(value: str, listed: list[tuple[str, str]]) -> None:
    found = header.addresses(value.encode())

    assert [(each.name, each.address.replace(": ", ":")) for each in found] == listed


def test_commas_with_nothing_between_them_weigh_little() -> None:
    value = b"," * 100_000 + b"a@x.example"

    tracemalloc.start()
    listed = header.addresses(value)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert [each.address for each in listed] == ["a@x.example"]
    assert peak < 20 * len(value)


@pytest.mark.parametrize(
    "value",
    [
        "<>" * 100_000 + "a@x.example" + ":" * 100_000,
        '"' + '\\"' * 100_000 + " <a@x.example>",
    ],
    ids=["colons", "quotes"],
)
def test_a_long_list_is_read_in_time(value: str) -> None:
    # In the square of its length it would take longer than a test may.
    assert len(list(header.addresses(value.encode()))) == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"plain  text", "plain  text"),
        (b"=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        (b"=?ISO-8859-1*de?Q?Gr=FC=DFe?= an alle", "Grüße an alle"),
        (b"a =?utf-8?b?Yg==?= \t =?utf-8?b?Yw==?= d", "a bc d"),
        (b"=?utf-8?b?8J+Y?= =?utf-8?b?gA==?=", "😀"),
        (b"=?utf-8?b?8J+Y?= =?iso-8859-1?q?=FC?=", "\ufffdü"),
        (b"=?no-such?q?a=FC?=", "aü"),
        (b"=?utf-8?b?A?=", "A"),
        (b"=?utf-8?q?a=0D=0ABcc:_b=00?=", "a Bcc: b"),
        (b"=?utf-8?x?a?= =?", "=?utf-8?x?a?= =?"),
        ("Grüße".encode(), "Grüße"),
        (b"\xff", "\ufffd"),
    ],
)
def test_a_text_is_decoded_onto_one_line(value: bytes, text: str) -> None:
    assert header.text(value) == text


@given(st.binary(max_size=200))
def test_anything_can_be_read(value: bytes) -> None:
    assert "\n" not in header.text(value)
    assert all("\n" not in each.name for each in header.addresses(value))


def test_a_field_is_folded_between_words_and_not_after_its_name() -> None:
    assert header.field("X-Ids", " ".join(["<" + "i" * 60 + ">"] * 2)) == (
        b"X-Ids: <" + b"i" * 60 + b">\r\n <" + b"i" * 60 + b">\r\n"
    )


def test_encoded_lines_are_as_short_as_they_must_be() -> None:
    people = [Address(address="a@x.example", name="ü" * 250)] * 2
    written = header.field("Subject", "ü" * 500) + header.address_field("To", people)

    assert max(len(line) for line in written.split(b"\r\n")) <= 76
