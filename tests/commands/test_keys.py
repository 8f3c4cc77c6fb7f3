"""`portal keys`: a key alone on a line, told once; listed and ended by name."""

import json
from typing import Any

import pytest

from portal import db
from portal.config import Config
from portal.errors import NotAuthorized
from portal.workspace.people import keys
from tests import stored
from tests.terminal import portal

LIMITS = ("accounts", "from", "per_minute", "max_size")


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


def test_a_key_is_made_with_its_limits(house: Config) -> None:
    ran = portal(
        *("keys", "create", "reports", "--account", "default"),
        *("--from", "Reports@Contoso.example", "--from", "BÜCHER.example"),
        *("--per-minute", "60", "--max-size", "1000000"),
    )

    [shown] = listed()
    assert (ran.code, ran.out.count("\n")) == (0, 1)
    assert {name: shown[name] for name in LIMITS} == {
        "accounts": ["default"],
        "from": ["Reports@contoso.example", "@xn--bcher-kva.example"],
        "per_minute": 60,
        "max_size": 1_000_000,
    }


def test_a_limit_is_set_and_the_others_stay(house: Config) -> None:
    portal("keys", "create", "reports", "--per-minute", "60", "--from", "a@x.example")

    ran = portal("keys", "set", "reports", "--max-size", "1000", "--any-from")

    assert (ran.code, ran.out) == (0, "reports: 60 a minute, up to 1,000 bytes\n")
    assert stored.rows("audit") == 2


def test_all_limits_can_be_lifted(house: Config) -> None:
    portal("keys", "create", "reports", "--per-minute", "60", "--account", "default")

    ran = portal("keys", "set", "reports", "--per-minute", "0", "--any-account")

    assert (ran.code, ran.out) == (0, "reports: no limits\n")
    assert listed()[0]["accounts"] == []


def test_the_list_tells_limits_and_the_last_use(house: Config) -> None:
    portal("keys", "create", "reports", "--account", "default", "--per-minute", "60")
    never = portal("keys", "list").out
    with db.session() as session:
        keys.use(session, keys.every(session)[0])

    used = portal("keys", "list").out

    assert "  never used  account default  60 a minute  active" in never
    assert "  used 20" in used
    assert listed()[0]["used_at"].startswith("20")


@pytest.mark.parametrize(
    "arguments",
    [
        ["set", "taken"],
        ["set", "nobody", "--per-minute", "5"],
        ["set", "ended", "--per-minute", "5"],
        ["set", "taken", "--from", "a@x.example", "--any-from"],
        ["set", "taken", "--from", "nobody@"],
        ["set", "taken", "--account", "nobody's"],
        ["set", "taken", "--account", ""],
        ["set", "taken", "--per-minute", "-1"],
        ["set", "taken", "--per-minute", "1000001"],
        ["set", "taken", "--max-size", "5 MB"],
        ["set", "taken", "--max-size", "9" * 30],
        ["create", "new", "--max-size", "9" * 30],
        ["create", "new", "--account", "nobody's"],
    ],
)
def test_a_limit_that_is_none_changes_nothing(
    house: Config, arguments: list[str]
) -> None:
    for name in ("taken", "ended"):
        portal("keys", "create", name)
    portal("keys", "revoke", "ended")

    ran = portal("keys", *arguments)

    assert (ran.code, ran.out) == (2, "")
    assert [[each[name] for name in LIMITS] for each in listed()] == [
        [[], [], None, None]
    ] * 2


def listed() -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for line in portal("keys", "list", "--json").out.split("\n")
        if line
    ]
