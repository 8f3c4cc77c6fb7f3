"""How an address is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.mail.message.address import Address, checked, read, same


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("jane@x.example", "", "jane@x.example"),
        ("  jane@x.example ", "", "jane@x.example"),
        ("<jane@x.example>", "", "jane@x.example"),
        ("Jane <jane@x.example>", "Jane", "jane@x.example"),
        ("Jane<jane@x.example>", "Jane", "jane@x.example"),
        ("J. P. O'Neil (HR) <jane@x.example>", "J. P. O'Neil (HR)", "jane@x.example"),
        ('"Doe, \\"J\\" <x>" <jane@x.example>', 'Doe, "J" <x>', "jane@x.example"),
        ("Jürgen 😀 <jane@x.example>", "Jürgen 😀", "jane@x.example"),
        ("jane@X.Example", "", "jane@x.example"),
        ("Jane.Doe+Tag@x.example", "", "Jane.Doe+Tag@x.example"),
        ("jane@mail.test", "", "jane@mail.test"),
        ("jane@corp.local", "", "jane@corp.local"),
        ("jane@bücher.example", "", "jane@xn--bcher-kva.example"),
        ("jürgen@bücher.example", "", "jürgen@xn--bcher-kva.example"),
    ],
)
def test_an_address_is_read(text: str, name: str, address: str) -> None:
    assert read(text) == Address(name=name, address=address)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "jane", "@x.example", "jane@", "jane@@x.example", "jane@x..example"),
        *("jane@localhost", "jane@[127.0.0.1]", '"jane doe"@x.example'),
        *("Jane <>", "Jane <jane>", "<<jane@x.example>>", "jane@x.example>"),
        *("Doe, Jane <jane@x.example>", "a@x.example; b@x.example"),
        *("jane@x.example\r\nBcc: b@x.example", "jane@x.example\n", "ja\0ne@x.example"),
        *("\ud800 <jane@x.example>", "\ud800@x.example"),
        *("j" * 65 + "@x.example", "jane@" + "x" * 64 + ".example"),
        "jane@" + ".".join(["x" * 60] * 4) + ".example",
    ],
)
def test_what_is_no_single_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^[a-z]") as refused:
        read(text)

    assert "jane" not in str(refused.value)


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "text",
    [
        "jane" + " " * 300_000 + "<jane@x.example> .",
        '"' + "\\a" * 300_000 + '" <jane@x.example',
        "jane" * 1_000_000 + "@x.example",
    ],
)
def test_a_text_without_end_is_refused_at_once(text: str) -> None:
    with pytest.raises(ValueError, match="longer than"):
        read(text)


NAMES = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=60
).map(str.strip)


@given(NAMES)
def test_an_address_is_read_back_as_it_is_shown(name: str) -> None:
    address = checked(Address(name=name, address="jane@x.example"))

    assert read(str(address)) == address


@pytest.mark.parametrize(
    ("one", "others", "found"),
    [
        ("Jane@X.example", ["ann@x.example", "jane@x.EXAMPLE"], True),
        ("jane@x.example", ["ann@x.example", ""], False),
        ("", [""], False),
        ("\u212aate@x.example", ["kate@x.example"], False),
    ],
)
def test_an_address_is_the_same_in_capitals_and_in_no_other_script(
    one: str, others: list[str], found: bool
) -> None:
    assert same(one, *others) is found
