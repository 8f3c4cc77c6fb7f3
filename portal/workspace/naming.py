"""What people may call a thing here: an account, a key, a connector, a channel."""

from portal.errors import NotAllowed

LIMIT = 100  # characters


def check(name: str) -> None:
    """Raise NotAllowed for what a list could not show as a name."""
    if not name.strip() or len(name) > LIMIT or not name.isprintable():
        raise NotAllowed(f"A name has 1 to {LIMIT} printable characters.")
