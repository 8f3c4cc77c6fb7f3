"""Proposals: who signed in for a change, tokens and all, before it is confirmed."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from portal import vault
from portal.microsoft.identity import Identity
from portal.microsoft.login import Grant, Registration
from portal.workspace.connections import Consent
from portal.workspace.consent.trips import ConsentFailed


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """Who signed in, for a page."""

    username: str
    email: str
    name: str

    @property
    def address(self) -> str:
        return self.email or self.username


def seal(consent: Consent, change_id: UUID) -> bytes:
    """Return a consent that is not in force yet, so that nobody can read its tokens."""
    grant, who = consent.grant, consent.identity
    packed = {
        "origin": consent.registration.origin,
        "identity": asdict(who) | {"roles": sorted(who.roles)},
        "access": grant.access_token,
        "refresh": grant.refresh_token,
        "until": grant.expires_at.isoformat(),
        "scopes": sorted(grant.scopes),
    }
    return vault.seal(json.dumps(packed).encode(), _about(change_id))


def told(sealed: bytes | None, change_id: UUID) -> Proposal | None:
    """Tell who signed in; None if nobody has."""
    if sealed is None:
        return None
    who = _packed(sealed, change_id)["identity"]
    return Proposal(username=who["username"], email=who["email"], name=who["name"])


def unseal(sealed: bytes, change_id: UUID, chosen: Registration | None) -> Consent:
    """Return what `seal` kept; raise ConsentFailed if it is another application's."""
    packed = _packed(sealed, change_id)
    if chosen is None or chosen.origin != packed["origin"]:
        raise ConsentFailed(
            "The registered application has changed since this sign-in. Please sign in"
            " again."
        )
    who = packed["identity"]
    grant = Grant(
        access_token=packed["access"],
        refresh_token=packed["refresh"],
        expires_at=datetime.fromisoformat(packed["until"]),
        scopes=frozenset(packed["scopes"]),
    )
    identity = Identity(**who | {"roles": frozenset(who["roles"])})
    return Consent(registration=chosen, grant=grant, identity=identity, by="")


def _packed(sealed: bytes, change_id: UUID) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(vault.unseal(sealed, _about(change_id)))
    return found


def _about(change_id: UUID) -> str:
    return f"proposal for {change_id}"
