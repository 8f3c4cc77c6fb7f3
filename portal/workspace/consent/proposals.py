"""Proposals: who signed in for a change, tokens and all, before it is confirmed."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from portal import vault
from portal.explanations.own.consent import APPLICATION_CHANGED
from portal.issuer import Issuer
from portal.issuer.grant import Grant
from portal.issuer.identity import Identity, Named
from portal.mail.message import address
from portal.workspace.connections import Consent
from portal.workspace.consent.trips import ConsentFailed


@dataclass(frozen=True, kw_only=True)
class Proposal(Named):
    """Who signed in, for a page."""

    own: bool  # From is an address of its own

    @property
    def mark(self) -> str:
        """What tells this account from all others, as a page has shown it."""
        return self.oid


def who(identity: Identity) -> dict[str, Any]:
    """Return what pages tell of somebody, so that they need no token unsealed."""
    names = {"username": identity.username, "email": identity.email}
    return {**names, "name": identity.name, "mark": identity.oid}


def told(found: dict[str, Any] | None, sender: str | None) -> Proposal | None:
    """Tell who signed in, and whether as From itself; None if nobody has."""
    if found is None:
        return None
    own = sender is None or address.same(sender, found["username"], found["email"])
    names = {each: found[each] for each in ("username", "email", "name")}
    return Proposal(**names, oid=found["mark"], own=own)


def seal(consent: Consent, change_id: UUID) -> bytes:
    """Return a consent that is not in force yet, so that nobody can read its tokens."""
    grant, identity = consent.grant, consent.identity
    packed = {
        "origin": consent.issuer.origin,
        "identity": asdict(identity) | {"roles": sorted(identity.roles)},
        "access": grant.access_token,
        "refresh": grant.refresh_token,
        "until": grant.expires_at.isoformat(),
        "scopes": sorted(grant.scopes),
    }
    return vault.seal(json.dumps(packed).encode(), about(change_id))


def unseal(sealed: bytes, change_id: UUID, issuer: Issuer | None) -> Consent:
    """Return what `seal` kept; raise ConsentFailed if it was another's."""
    packed = json.loads(vault.unseal(sealed, about(change_id)))
    if issuer is None or issuer.origin != packed["origin"]:
        raise ConsentFailed(APPLICATION_CHANGED)
    found = packed["identity"]
    grant = Grant(
        access_token=packed["access"],
        refresh_token=packed["refresh"],
        expires_at=datetime.fromisoformat(packed["until"]),
        scopes=frozenset(packed["scopes"]),
    )
    identity = Identity(**found | {"roles": frozenset(found["roles"])})
    return Consent(issuer=issuer, grant=grant, identity=identity, by="")


def about(change_id: UUID) -> str:
    return f"proposal for {change_id}"
