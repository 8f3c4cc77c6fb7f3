"""What is kept of the other side's words: nothing secret, and nothing that acts."""

import html
import json
import time
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from portal.errors import WORDS_LIMIT
from portal.net import reply

SECRET = "geheim~+/7&? 'x"
TOKEN = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiIsIng1dCI6Ik1uQ19WWmNBVGZNNXBPWWlKSE1i"
HOST = f"https://{'a' * 63}.contoso.example/callback"


def in_json(text: str) -> str:
    return json.dumps(text)[1:-1]


def unlike_ours(text: str) -> str:
    """Quote as others do: every sign, and in small letters."""
    return "".join(c if c.isalnum() else f"%{ord(c):02x}" for c in text)


def broken(text: str) -> str:
    return f"{text[:7]}\r\n {text[7:]}"


@pytest.mark.parametrize(
    "spelled",
    [str, str.upper, html.escape, quote_plus, unlike_ours, in_json, broken],
)
@pytest.mark.parametrize("secret", [SECRET, 'a "quoted" \\ caf\u00e9'])
def test_a_secret_is_left_out_however_it_is_spelled(
    spelled: Callable[[str], str], secret: str
) -> None:
    assert reply.words(f"I was told {spelled(secret)}!", secret) == "I was told …!"


@pytest.mark.parametrize("secret", ["a%41%2Bb", "a&amp;b", "a\\u0041b"])
@pytest.mark.parametrize("spelled", [str, quote, html.escape, in_json])
def test_one_that_looks_as_if_it_was_spelled_is_left_out_too(
    spelled: Callable[[str], str], secret: str
) -> None:
    assert reply.words(f"Not {spelled(secret)}", secret) == "Not …"


@pytest.mark.parametrize(
    "part", [slice(60), slice(17), slice(20, 40), slice(-16, None)]
)
def test_a_part_of_a_secret_is_left_out(part: slice) -> None:
    secret = f"{TOKEN[:40]}.{TOKEN[40:]}"

    assert reply.words(f"Not {secret[part]}, please", secret) == "Not …, please"


def test_what_is_said_at_length_is_read_in_no_time() -> None:
    began = time.process_time()

    said = reply.words("ab " * 400_000, TOKEN, "a" * 2000)

    assert said.startswith("ab ab")
    assert time.process_time() - began < 1


def test_a_secret_is_left_out_of_an_address() -> None:
    told = f"https://x.example/?a={quote(SECRET, safe='')}&b=1"

    assert reply.words(told, SECRET) == "https://x.example/?a=…&b=1"


def test_a_part_of_a_token_is_left_out_and_a_long_host_is_not() -> None:
    assert reply.words(f"Bad: {TOKEN[:70]}") == "Bad: …"
    assert reply.words(f"Not registered: {HOST}") == f"Not registered: {HOST}"


def test_a_secret_in_pieces_is_not_put_together_again() -> None:
    assert "geheim" not in reply.words("ge\u202eheim g\x00eheim", "geheim")


def test_a_secret_is_not_cut_before_it_is_known() -> None:
    before = "x " * (WORDS_LIMIT // 2 - 3)

    assert "gehe" not in reply.words(f"{before}geheim", "geheim")


@pytest.mark.parametrize("said", ["a\r\n?b", "a\u2028?b", "a \u202e?b", "a\x1b\ud800b"])
def test_what_acts_on_a_page_or_a_terminal_is_not_kept(said: str) -> None:
    assert reply.words(said) == "a ?b"


@pytest.mark.parametrize("value", [None, 7, "", "a b", "<b>", "x" * 101, "geheim-1"])
def test_what_is_no_name_is_none(value: object) -> None:
    assert reply.name(value, "geheim") == ""
