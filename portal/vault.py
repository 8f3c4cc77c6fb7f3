"""Seals and unseals: AES-256-GCM, the key's id in front, bound to what it is about.

A sealed value is version ‖ key id ‖ nonce ‖ ciphertext; its associated data is a fixed
label and an id, so that a value moved to another row no longer opens. Each message has
a data key of its own: what it holds is sealed with that, and only the data key here.
"""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.errors import CannotDecrypt, ConfigError, NoKey

VERSION = b"\x01"
KEY_BYTES = 32
ID_BYTES = 8
NONCE_BYTES = 12
HEAD_BYTES = len(VERSION) + ID_BYTES


class Ring:
    """The keys of this process; the first one seals, all of them open."""

    def __init__(self, keys: Sequence[bytes] = ()) -> None:
        self.keys = {key_id(key): AESGCM(key) for key in keys}
        self.first = key_id(keys[0]) if keys else b""

    def seal(self, plain: bytes, about: str) -> bytes:
        if not self.first:
            raise CannotDecrypt
        head = VERSION + self.first
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self.keys[self.first].encrypt(nonce, plain, head + about.encode())
        return head + nonce + sealed

    def unseal(self, sealed: bytes, about: str) -> bytes:
        """Open what `seal` made; raise CannotDecrypt if no key here fits."""
        head, rest = sealed[:HEAD_BYTES], sealed[HEAD_BYTES:]
        key = self.keys.get(head[len(VERSION) :])
        if key is None or not head.startswith(VERSION):
            raise CannotDecrypt
        nonce, body = rest[:NONCE_BYTES], rest[NONCE_BYTES:]
        try:
            return key.decrypt(nonce, body, head + about.encode())
        except (InvalidTag, ValueError):
            raise CannotDecrypt from None

    def joined(self, keys: Sequence[bytes]) -> "Ring":
        """Return a ring that seals with the first of these keys, and opens as before.

        Keys among which is none of this ring are another database's: they are left.
        """
        other = Ring(keys)
        if not self.keys.keys() & other.keys.keys():
            return self
        other.keys = self.keys | other.keys
        return other


class _Open:
    """What this process holds: a ring that fits its database, or nothing."""

    ring = Ring()
    fingerprint_key = b""
    source: Path | None = None  # the key file; None: the keys came by the environment
    written: tuple[int, ...] | None = None  # the file as it was read last


def unlock(ring: Ring, fingerprint_key: bytes, source: Path | None = None) -> None:
    """Use this ring from now on: it was proven against the database.

    What is written to its key file later is noticed with the next seal.
    """
    _Open.ring, _Open.fingerprint_key = ring, fingerprint_key
    _Open.source, _Open.written = source, None


def lock() -> None:
    """Hold no key: everything sealed stays sealed, and nothing new is."""
    unlock(Ring(), b"")


def unlocked() -> bool:
    """Tell whether this process can open what its database holds."""
    return bool(_Open.ring.first)


def seal(plain: bytes, about: str) -> bytes:
    """Seal with the ring's first key, bound to `about` ("refresh token <id>")."""
    return _ring().seal(plain, about)


def unseal(sealed: bytes, about: str) -> bytes:
    """Open a sealed value; raise CannotDecrypt if the key or `about` does not fit."""
    with suppress(CannotDecrypt):
        return _Open.ring.unseal(sealed, about)
    # Another process may have sealed it, with a key that came since.
    return _ring().unseal(sealed, about)


def seal_anew(sealed: bytes, about: str) -> bytes:
    """Seal with the first key what may be sealed with another; raise CannotDecrypt."""
    return seal(unseal(sealed, about), about)


def head() -> bytes:
    """Return what stands in front of all that the first key seals."""
    return VERSION + _ring().first


def _ring() -> Ring:
    """Return the ring, with what the key file holds by now."""
    if _Open.source and (written := _written(_Open.source)) != _Open.written:
        with suppress(ConfigError):
            _Open.ring = _Open.ring.joined(read_key_file(_Open.source))
        _Open.written = written
    return _Open.ring


def _written(path: Path | None) -> tuple[int, ...] | None:
    """Tell one version of a file from another; None if there is none."""
    try:
        found = path.stat() if path else None
    except OSError:
        return None
    return found and (found.st_ino, found.st_size, found.st_mtime_ns)


def new_data_key() -> bytes:
    """Make the key of one message."""
    return secrets.token_bytes(KEY_BYTES)


def seal_with(key: bytes, plain: bytes, about: str) -> bytes:
    """Seal a piece of content with its message's data key."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, about.encode())


def unseal_with(key: bytes, sealed: bytes, about: str) -> bytes:
    """Open what `seal_with` made; raise CannotDecrypt if anything was changed."""
    nonce, body = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    try:
        return AESGCM(key).decrypt(nonce, body, about.encode())
    except (InvalidTag, ValueError):
        raise CannotDecrypt from None


def fingerprint(purpose: str, pieces: Iterable[bytes]) -> bytes:
    """Return 32 bytes that tell equal from different and nothing else (HMAC)."""
    if not _Open.fingerprint_key:
        raise CannotDecrypt
    mac = hmac.new(_Open.fingerprint_key, purpose.encode() + b"\0", hashlib.sha256)
    for piece in pieces:
        mac.update(piece)
    return mac.digest()


def fingerprint_of(purpose: str, secret: str) -> bytes:
    """Return what is kept of a secret, whatever somebody wrote for one."""
    return fingerprint(purpose, [secret.encode(errors="surrogatepass")])


def key_id(key: bytes) -> bytes:
    """Name a key without telling it."""
    return hashlib.sha256(b"mail portal key" + key).digest()[:ID_BYTES]


def read_keys(texts: Iterable[str], source: str) -> list[bytes]:
    """Read base64 keys of 32 bytes; raise NoKey that names only their source."""
    keys = [_key(text) for text in texts]
    if bad := [number for number, key in enumerate(keys, 1) if key is None]:
        raise NoKey(
            f"{source} holds {len(bad)} key(s) that are not 32 bytes in base64."
        )
    return [key for key in keys if key is not None]


def _key(text: str) -> bytes | None:
    with suppress(binascii.Error, ValueError):
        standard = text.replace("-", "+").replace("_", "/")
        key = base64.b64decode(standard + "=" * (-len(text) % 4), validate=True)
        return key if len(key) == KEY_BYTES else None
    return None


def key_file(instance: Path) -> Path:
    """Where the keys live when the environment names none."""
    return instance / "keys"


def read_key_file(path: Path) -> list[bytes]:
    """Read the keys of a file nobody else may read; empty when there is none."""
    try:
        mode, text = path.stat().st_mode, path.read_bytes().decode("ascii", "replace")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise NoKey(f"{path} cannot be read ({type(error).__name__}).") from error
    if mode & 0o077:
        raise NoKey(f"{path} may be read by others. Please: chmod 600 {path}")
    if not text.strip():
        raise NoKey(f"{path} is empty. Please bring back the keys it held.")
    return read_keys(text.split(), str(path))


def make_key_file(path: Path) -> list[bytes]:
    """Make the first key, durably; if another process was first, take its key."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        _write_keys(draft, [new_data_key()])
        with suppress(FileExistsError):
            os.link(draft, path)
        _keep(path.parent)
    except OSError as error:
        reason = f"{path} cannot be written ({type(error).__name__})."
        raise ConfigError(reason) from error
    finally:
        draft.unlink(missing_ok=True)
    return read_key_file(path)


def add_key(path: Path) -> None:
    """Put a new key before those of a file, durably; it seals from now on."""
    put_first(path, [new_data_key()])


def put_first(path: Path, keys: Sequence[bytes]) -> None:
    """Let a file hold these keys before those that it holds, durably."""
    all_of_them = dict.fromkeys([*keys, *read_key_file(path)])
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        _write_keys(draft, [*all_of_them])
        if os.geteuid() == 0:
            # Whoever runs the portal has to be able to read it afterwards.
            owner = path.stat() if path.exists() else path.parent.stat()
            os.chown(draft, owner.st_uid, owner.st_gid)
        draft.replace(path)
        _keep(path.parent)
    except OSError as error:
        reason = f"{path} cannot be written ({type(error).__name__})."
        raise ConfigError(reason) from error
    finally:
        draft.unlink(missing_ok=True)


def _write_keys(draft: Path, keys: Sequence[bytes]) -> None:
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.writelines(f"{base64.b64encode(key).decode()}\n" for key in keys)
        file.flush()
        os.fsync(file.fileno())


def _keep(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
