"""What an account may send as: read, matched and told."""

import pytest

from portal.mail.message import address
from portal.workspace import senders


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Reports@contoso.example", "Reports@contoso.example"),
        ("contoso.example", "@contoso.example"),
        (" @Contoso.Example ", "@contoso.example"),
        ("münchen.example", "@xn--mnchen-3ya.example"),
    ],
)
def test_an_address_or_a_domain_is_read(text: str, read: str) -> None:
    assert address.sender(text) == read


@pytest.mark.parametrize("text", ["", "@", "a b", "@a@b.example", "a@", "-", "x..y"])
def test_anything_else_is_neither(text: str) -> None:
    with pytest.raises(ValueError, match="is "):
        address.sender(text)


@pytest.mark.parametrize(
    ("sender", "among"),
    [
        ("reports@contoso.example", True),
        ("REPORTS@Contoso.example", True),
        ("any@fabrikam.example", True),
        ("any@FABRIKAM.example", True),
        ("alex@contoso.example", False),
        ("any@mail.fabrikam.example", False),
        ("any@evil-fabrikam.example", False),
        ("fabrikam.example", False),
        ("", False),
    ],
)
def test_an_address_is_among_them(sender: str, among: bool) -> None:
    given = ["reports@contoso.example", "@fabrikam.example"]

    assert senders.hold(given, sender) is among


def test_the_first_address_is_told_from_domains() -> None:
    assert senders.first(["@x.example", "a@y.example", "b@y.example"]) == "a@y.example"
    assert senders.first(["@x.example"]) is None


def test_people_are_told_what_a_domain_means() -> None:
    told = senders.told(["a@y.example", "@x.example"])

    assert told == "a@y.example, any address @x.example"
