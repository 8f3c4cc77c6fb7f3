"""API keys as tests need them: under an id of their own choice, or with limits."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from portal import clock, db
from portal.accept import Caller
from portal.workspace.people import keys
from portal.workspace.people.keys import Key, KeyRow
from portal.workspace.people.limits import Limits


def put(key_id: UUID | None) -> None:
    """Put a key under an id, unless there is one or none is meant."""
    with db.session() as session:
        if key_id and session.get(KeyRow, key_id) is None:
            session.add(
                KeyRow(
                    id=key_id,
                    name=str(key_id),
                    fingerprint=key_id.bytes,
                    created_at=clock.now(),
                )
            )


def made(**limits: Any) -> Caller:
    """Make a key that may do so much; return who calls with it."""
    with db.session() as session:
        name = f"app {db.new_id()}"
        secret = keys.create(session, name, Limits(**limits))
    with db.reading() as session:
        return Caller(name=name, key_id=keys.check(session, secret).id)


def limit(caller: Caller, **limits: Any) -> None:
    """Change what a key may do."""
    with db.session() as session:
        known = keys.named(session, caller.name)
        keys.limit(session, caller.name, replace(known.limits, **limits))


def key(caller: Caller) -> Key:
    """Return what is known of a key."""
    with db.reading() as session:
        return next(each for each in keys.every(session) if each.id == caller.key_id)


def revoke(caller: Caller) -> None:
    with db.session() as session:
        keys.revoke(session, caller.name)
