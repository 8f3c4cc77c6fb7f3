"""AUTH PLAIN and LOGIN (RFC 4954, RFC 4616): the password is an API key."""

from base64 import b64decode
from collections.abc import Awaitable, Callable

from portal import db
from portal.intake.smtp.commands import Wrong
from portal.workspace.people import keys
from portal.workspace.people.keys import Key

MECHANISMS = ("PLAIN", "LOGIN")
LONGEST = 1000  # characters of base64

# Asks what the client answers to a challenge, both as they travel.
Ask = Callable[[bytes], Awaitable[bytes]]


async def secret(argument: str | None, ask: Ask) -> str:
    """Return what comes as the password; the user name may be any. Raises Wrong."""
    mechanism, _, first = (argument or "").partition(" ")
    if mechanism.upper() == "PLAIN":
        parts = (await _given(first, b"", ask)).split(b"\0")
        if len(parts) != 3:  # on whose behalf, user name, password
            raise Wrong("501 5.5.2 PLAIN has three parts, with a NUL between")
        password = parts[2]
    elif mechanism.upper() == "LOGIN":
        await _given(first, b"VXNlcm5hbWU6", ask)  # Username:
        password = await _given("", b"UGFzc3dvcmQ6", ask)  # Password:
    else:
        raise Wrong(f"504 5.5.4 AUTH is one of {', '.join(MECHANISMS)}")
    return password.decode(errors="replace")


async def _given(first: str, challenge: bytes, ask: Ask) -> bytes:
    typed = first.encode(errors="surrogateescape")
    answer = typed or await ask(challenge)
    if answer == b"*":
        raise Wrong("501 5.7.0 You ended it yourself")
    if len(answer) > LONGEST:
        raise Wrong("500 5.5.6 That is longer than any key")
    try:
        return b64decode(b"" if answer == b"=" else answer, validate=True)
    except ValueError:
        raise Wrong("501 5.5.2 That is not base64") from None


def check(secret: str) -> Key:
    """Return the key behind a secret; raise NotAuthorized, or what the vault does."""
    with db.reading() as session:
        return keys.check(session, secret)
