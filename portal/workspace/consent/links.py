"""Links for others' browsers: 128 bits, made anew whenever one is shown.

A link's secret follows from what it leads to and from a key of the vault; kept is only
its fingerprint.
"""

import base64
from uuid import UUID

from portal import vault

SECRET_BYTES = 16


def secret(purpose: str, stands_for: UUID | str) -> str:
    """Return the secret of a link of this purpose to this thing."""
    whole = vault.fingerprint(f"{purpose} link", [str(stands_for).encode()])
    return base64.urlsafe_b64encode(whole[:SECRET_BYTES]).rstrip(b"=").decode()


def fingerprint(link: str) -> bytes:
    """Return what is kept of a link's secret, whatever somebody wrote for one."""
    return vault.fingerprint_of("link", link)
