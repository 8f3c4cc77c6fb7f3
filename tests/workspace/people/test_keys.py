"""API keys: shown once, kept as a fingerprint, ended for good."""

import pytest
from sqlalchemy import text

from portal import db, vault
from portal.config import Config
from portal.errors import CannotDecrypt, NotAllowed, NotAuthorized, NotFound
from portal.workspace import accounts
from portal.workspace.people import keys
from portal.workspace.people.keys import Key
from portal.workspace.people.limits import NONE, Limits


def create(name: str = "Ben's app") -> str:
    with db.session() as session:
        return keys.create(session, name)


def check(secret: str) -> Key:
    with db.reading() as session:
        return keys.check(session, secret)


def revoke(name: str) -> None:
    with db.session() as session:
        keys.revoke(session, name)


def every() -> list[Key]:
    with db.reading() as session:
        return keys.every(session)


def test_a_key_opens_for_whom_it_was_made(either_house: Config) -> None:
    secret = create("Ben's app")
    create("another")

    assert check(secret).name == "Ben's app"


def test_keys_are_long_marked_and_never_the_same(house: Config) -> None:
    made = {create(str(number)) for number in range(50)}

    assert len(made) == 50
    assert all(secret.startswith("mp_") and len(secret) >= 46 for secret in made)


def test_whatever_is_no_key_opens_nothing(either_house: Config) -> None:
    create()

    for secret in (
        "",
        "mp_",
        "mp_x",
        "ä",
        "\x00",
        "\ud800",
        "' OR 1=1 --",
        "x" * 99_999,
    ):
        with pytest.raises(NotAuthorized):
            check(secret)


def test_a_part_of_a_key_opens_nothing(house: Config) -> None:
    secret = create()

    for near in (secret[:-1], f"{secret} ", secret.upper(), secret.removeprefix("mp_")):
        with pytest.raises(NotAuthorized):
            check(near)


def test_nothing_of_a_key_is_kept_but_its_fingerprint(house: Config) -> None:
    secret = create()
    with db.reading() as session:
        kept = session.execute(text("SELECT fingerprint FROM api_key")).scalar_one()
    db.disconnect()

    assert len(kept) == 32
    for path in house.instance.iterdir():
        assert secret.removeprefix("mp_").encode() not in path.read_bytes()


def test_a_revoked_key_opens_nothing_and_stays_in_the_list(
    either_house: Config,
) -> None:
    secret = create()

    revoke("Ben's app")

    with pytest.raises(NotAuthorized):
        check(secret)
    assert every()[0].revoked_at is not None


def test_revoking_twice_keeps_when_it_ended(house: Config) -> None:
    create()
    revoke("Ben's app")
    ended = every()[0].revoked_at

    revoke("Ben's app")

    assert every()[0].revoked_at == ended


def test_an_unknown_key_cannot_be_revoked(either_house: Config) -> None:
    with pytest.raises(NotFound, match="nobody's"):
        revoke("nobody's")


def test_a_name_is_used_once_even_when_its_key_has_ended(either_house: Config) -> None:
    create()
    revoke("Ben's app")

    with pytest.raises(NotAllowed, match="already"):
        create()

    assert len(every()) == 1


def test_a_name_that_would_mislead_is_refused(either_house: Config) -> None:
    for name in (
        "",
        "  ",
        "a\nb",
        "a\x00",
        "\x1b[31m",
        "\u202egnp",
        "x" * 101,
        "\ud800",
    ):
        with pytest.raises(NotAllowed, match="printable"):
            create(name)

    assert every() == []


def test_an_odd_name_is_a_name(either_house: Config) -> None:
    for name in ("Größe 🎉", "'; DROP TABLE api_key; --", "%_", "x" * 100):
        assert check(create(name)).name == name


def test_keys_are_listed_oldest_first(house: Config) -> None:
    with db.session() as session:
        for name in ("b", "a"):
            keys.create(session, name)

    assert sorted(key.name for key in every()) == ["a", "b"]


def test_without_its_keys_a_house_believes_nobody(house: Config) -> None:
    secret = create()
    vault.lock()

    with pytest.raises(CannotDecrypt):
        check(secret)


def test_a_key_is_found_by_its_id_even_when_it_was_revoked(
    either_house: Config,
) -> None:
    create("Ben's app")
    revoke("Ben's app")
    [known] = every()

    with db.reading() as session:
        assert keys.by_id(session, known.id) == known
        with pytest.raises(NotFound):
            keys.by_id(session, db.new_id())


def test_limits_are_told_as_the_audit_keeps_them(house: Config) -> None:
    with db.reading() as session:
        known = accounts.every(session)
    narrow = Limits(
        accounts=(known[0].id, db.new_id()),
        senders=("@contoso.example",),
        per_minute=1200,
        max_size=2_500_000,
    )

    assert NONE.told(known) == []
    assert narrow.told(known) == [
        "account default, gone",
        "from any address @contoso.example",
        "1,200 a minute",
        "up to 2,500,000 bytes",
    ]
