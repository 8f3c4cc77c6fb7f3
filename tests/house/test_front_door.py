"""What `import portal` hands out, and that it costs nothing until somebody asks."""

import subprocess
import sys

import pytest

import portal


def test_the_public_names_are_these_in_order() -> None:
    assert portal.__all__ == ["Attachment", "Message", "Receipt", "send"]


@pytest.mark.parametrize("name", portal.__all__)
def test_a_public_name_can_be_fetched_and_says_what_it_is(name: str) -> None:
    assert getattr(portal, name).__doc__


def test_no_other_name_is_handed_out() -> None:
    with pytest.raises(AttributeError, match="outbox"):
        portal.outbox  # noqa: B018


def test_looking_into_a_room_does_not_furnish_the_house() -> None:
    program = "import sys, portal.clock; print(*sys.modules)"
    seen = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()

    assert "portal.clock" in seen
    assert {"flask", "requests", "sqlalchemy"} & set(seen) == set()
