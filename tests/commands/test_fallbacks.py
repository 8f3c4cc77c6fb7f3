"""`portal accounts`: the account that mail falls back to."""

import pytest

from portal.config import Config
from tests.commands.relaying import add, listed
from tests.terminal import portal


def test_a_fallback_is_chosen_told_and_taken_back(house: Config) -> None:
    add()

    chosen = portal("accounts", "set", "default", "--fallback", "relay")
    told = portal("accounts", "list").out
    named = [each["fallback"] for each in listed()]
    ended = portal("accounts", "set", "default", "--no-fallback")

    assert (chosen.out, ended.out) == (
        "default: fallback relay\n",
        "default: no fallback\n",
    )
    assert told.count("falls back on relay") == 1
    assert named == ["relay", None]
    assert [each["fallback"] for each in listed()] == [None, None]


@pytest.mark.parametrize(
    "given",
    [
        ["--fallback", "default"],
        ["--fallback", "nobody"],
        ["--fallback", "relay", "--no-fallback"],
    ],
)
def test_a_fallback_that_cannot_be_is_wrong_use(
    house: Config, given: list[str]
) -> None:
    add()

    assert portal("accounts", "set", "default", *given).code == 2
    assert [each["fallback"] for each in listed()] == [None, None]
