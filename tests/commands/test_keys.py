"""`portal keys`: a key alone on a line, told once; listed and ended by name."""

import pytest

from portal import db
from portal.config import Config
from portal.errors import NotAuthorized
from portal.workspace.people import keys
from tests import stored
from tests.terminal import portal


def test_a_new_key_stands_alone_on_standard_output(house: Config) -> None:
    ran = portal("keys", "create", "Ben's app")

    with db.reading() as session:
        key = keys.check(session, ran.out.strip())
    assert (ran.code, ran.err, ran.out.count("\n")) == (0, "", 1)
    assert key.name == "Ben's app"
    assert stored.rows("audit") == 1


def test_the_list_tells_names_and_no_key(house: Config) -> None:
    secret = portal("keys", "create", "Ben's app").out.strip()
    portal("keys", "create", "old")
    portal("keys", "revoke", "old")

    ran = portal("keys", "list")

    lines = ran.out.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["Ben's app", "old"]
    assert lines[0].endswith("  active")
    assert "  revoked 20" in lines[1]
    assert secret not in ran.out


def test_a_revoked_key_counts_no_more(house: Config) -> None:
    secret = portal("keys", "create", "Ben's app").out.strip()

    ran = portal("keys", "revoke", "Ben's app")

    assert (ran.code, ran.out) == (0, "Revoked Ben's app.\n")
    with db.reading() as session, pytest.raises(NotAuthorized):
        keys.check(session, secret)


@pytest.mark.parametrize(
    "arguments",
    [["create", ""], ["create", "a\nb"], ["create", "taken"], ["revoke", "nobody"]],
)
def test_a_name_that_does_not_do_is_refused_in_one_line(
    house: Config, arguments: list[str]
) -> None:
    portal("keys", "create", "taken")

    ran = portal("keys", *arguments)

    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert stored.rows("api_key") == 1
