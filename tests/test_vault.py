"""What is sealed opens with its key, for what it is about, unchanged, or not at all."""

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import vault
from portal.errors import CannotDecrypt, ConfigError
from portal.vault import Ring

ONE, TWO = bytes(range(32)), bytes(range(32, 64))
ABOUT = "refresh token 1"
SEALED = Ring([ONE]).seal(b"geheim", ABOUT)


@pytest.fixture(autouse=True)
def locked_afterwards() -> Iterator[None]:
    """Leave no key in this process."""
    yield
    vault.lock()


def text_of(key: bytes) -> str:
    return base64.b64encode(key).decode()


@given(st.binary(max_size=100), st.text(max_size=20))
def test_what_was_sealed_opens(plain: bytes, about: str) -> None:
    about = about.encode(errors="replace").decode()

    assert Ring([ONE]).unseal(Ring([ONE]).seal(plain, about), about) == plain


def test_the_same_is_never_sealed_the_same_way_twice() -> None:
    assert len({Ring([ONE]).seal(b"geheim", ABOUT) for _ in range(100)}) == 100


def test_a_sealed_value_shows_nothing_of_what_it_holds_or_of_its_key() -> None:
    assert b"geheim" not in SEALED
    assert ONE[:8] not in SEALED


@pytest.mark.parametrize("about", ["refresh token 2", "access token 1", ""])
def test_a_value_moved_elsewhere_does_not_open(about: str) -> None:
    with pytest.raises(CannotDecrypt):
        Ring([ONE]).unseal(SEALED, about)


@pytest.mark.parametrize("keys", [[], [TWO]])
def test_another_key_does_not_open(keys: list[bytes]) -> None:
    with pytest.raises(CannotDecrypt):
        Ring(keys).unseal(SEALED, ABOUT)


@pytest.mark.parametrize("length", range(len(SEALED)))
def test_a_value_cut_short_does_not_open(length: int) -> None:
    with pytest.raises(CannotDecrypt):
        Ring([ONE]).unseal(SEALED[:length], ABOUT)


@pytest.mark.parametrize("place", range(len(SEALED)))
def test_a_value_with_one_bit_turned_does_not_open(place: int) -> None:
    turned = bytearray(SEALED)
    turned[place] ^= 1

    with pytest.raises(CannotDecrypt):
        Ring([ONE]).unseal(bytes(turned), ABOUT)


@given(st.binary(max_size=100))
def test_garbage_does_not_open(garbage: bytes) -> None:
    with pytest.raises(CannotDecrypt):
        Ring([ONE]).unseal(garbage, ABOUT)


def test_the_first_key_seals_and_the_old_ones_open() -> None:
    both = Ring([TWO, ONE])

    assert both.unseal(SEALED, ABOUT) == b"geheim"
    assert Ring([TWO]).unseal(both.seal(b"new", ABOUT), ABOUT) == b"new"
    with pytest.raises(CannotDecrypt):
        Ring([ONE]).unseal(both.seal(b"new", ABOUT), ABOUT)


def test_an_empty_ring_seals_nothing() -> None:
    with pytest.raises(CannotDecrypt):
        Ring().seal(b"geheim", ABOUT)


def test_a_locked_vault_neither_seals_nor_opens_nor_compares() -> None:
    vault.unlock(Ring([ONE]), TWO)
    vault.lock()

    assert not vault.unlocked()
    for use in (vault.seal, vault.unseal):
        with pytest.raises(CannotDecrypt):
            use(b"x", ABOUT)
    with pytest.raises(CannotDecrypt):
        vault.fingerprint("api key", [b"x"])


def test_a_piece_sealed_with_a_data_key_opens_only_in_its_place() -> None:
    sealed = vault.seal_with(ONE, b"geheim", "chunk 1 0 0 1")

    assert vault.unseal_with(ONE, sealed, "chunk 1 0 0 1") == b"geheim"
    for key, text, about in [
        (TWO, sealed, "chunk 1 0 0 1"),
        (ONE, sealed, "chunk 1 0 1 1"),
        (ONE, sealed[:-1], "chunk 1 0 0 1"),
        (ONE, b"", "chunk 1 0 0 1"),
    ]:
        with pytest.raises(CannotDecrypt):
            vault.unseal_with(key, text, about)


def test_fingerprints_tell_purposes_apart_and_outlive_a_rotation() -> None:
    vault.unlock(Ring([ONE]), b"fingerprint key")
    known = vault.fingerprint("api key", [b"a", b"b"])
    vault.unlock(Ring([TWO, ONE]), b"fingerprint key")

    assert vault.fingerprint("api key", [b"ab"]) == known
    assert vault.fingerprint("link", [b"ab"]) != known
    assert vault.fingerprint("api key", [b"ba"]) != known


def test_another_fingerprint_key_makes_other_fingerprints() -> None:
    vault.unlock(Ring([ONE]), b"fingerprint key")
    known = vault.fingerprint("api key", [b"a"])
    vault.unlock(Ring([ONE]), b"another")

    assert vault.fingerprint("api key", [b"a"]) != known


def test_keys_are_read_in_every_spelling_of_base64() -> None:
    odd = b"\xff\xfe" * 16
    spellings = [
        base64.b64encode(odd).decode(),
        base64.urlsafe_b64encode(odd).decode(),
        base64.b64encode(odd).decode().rstrip("="),
    ]

    assert vault.read_keys(spellings, "PORTAL_KEYS") == [odd, odd, odd]


@pytest.mark.parametrize("text", ["geheim", "Z2VoZWlt", "ä" * 44, "=" * 44, "A" * 44])
def test_a_key_that_is_none_is_refused_and_not_quoted(text: str) -> None:
    with pytest.raises(ConfigError, match="PORTAL_KEYS holds 1 key") as error:
        vault.read_keys([text_of(ONE), text], "PORTAL_KEYS")

    assert text not in str(error.value)
    assert text_of(ONE) not in str(error.value)


def test_a_key_file_is_made_for_nobody_else(tmp_path: Path) -> None:
    path = vault.key_file(tmp_path)

    made = vault.make_key_file(path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert vault.read_key_file(path) == made
    assert len(made[0]) == vault.KEY_BYTES
    assert list(tmp_path.iterdir()) == [path]


def test_a_key_file_that_is_there_is_never_replaced(tmp_path: Path) -> None:
    path = vault.key_file(tmp_path)
    first = vault.make_key_file(path)

    assert vault.make_key_file(path) == first


def test_who_makes_a_key_file_at_the_same_time_ends_with_the_same_key(
    tmp_path: Path,
) -> None:
    with ThreadPoolExecutor(8) as pool:
        paths = [vault.key_file(tmp_path)] * 8
        made = list(pool.map(vault.make_key_file, paths))

    assert made.count(made[0]) == 8
    assert list(tmp_path.iterdir()) == [vault.key_file(tmp_path)]


def test_no_key_file_means_no_keys(tmp_path: Path) -> None:
    assert vault.read_key_file(tmp_path / "keys") == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_file_that_others_may_read_is_refused(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "keys"
    vault.make_key_file(path)
    path.chmod(mode)

    with pytest.raises(ConfigError, match="chmod 600"):
        vault.read_key_file(path)


@pytest.mark.parametrize("content", [b"", b" \n", b"geheim", b"\xff\xfe geheim"])
def test_a_key_file_that_is_spoilt_is_refused_and_not_quoted(
    content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "keys"
    path.touch(0o600)
    path.write_bytes(content)

    with pytest.raises(ConfigError) as error:
        vault.read_key_file(path)

    assert "geheim" not in str(error.value)


def test_a_key_file_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()

    with pytest.raises(ConfigError, match="IsADirectoryError"):
        vault.read_key_file(tmp_path / "keys")


def test_a_key_that_cannot_be_kept_is_not_used(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be written"):
        vault.make_key_file(tmp_path / "nowhere" / "keys")

    assert list(tmp_path.iterdir()) == []
