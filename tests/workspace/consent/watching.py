"""What the tests of consents watch: all that a trip may change, and refusals."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from portal import db
from portal.errors import PortalError
from portal.mail import journal
from portal.mail.lanes import FeedRow
from portal.workspace import accounts, audit
from portal.workspace.connections import ConnectionRow
from portal.workspace.consent.changes import ChangeRow
from tests import trip
from tests.sandbox.serving import Sandbox

ANN = "admin@contoso.example"
REPORTS = "reports@contoso.example"
NOREPLY = "noreply@contoso.example"


def sign_in(sandbox: Sandbox, link: str, as_: str = REPORTS, **more: str) -> str:
    """Follow a connection link and sign in; return where one is sent back to."""
    return walk(sandbox, trip.depart(link), as_, **more)


def approve(sandbox: Sandbox, link: str, as_: str = ANN, **more: str) -> str:
    """Follow an approval link; return where one is sent back to."""
    return walk(sandbox, trip.depart_to_approve(link), as_, **more)


def walk(sandbox: Sandbox, address: str, as_: str, **more: str) -> str:
    away = urlsplit(address)
    # A browser talks to Microsoft itself, whoever stands between us and it.
    there = away._replace(netloc=urlsplit(sandbox.url).netloc).geturl()
    return sandbox.sign_in(None, there, as_=as_, **more)


def in_force() -> Any:
    """Return all that a trip may change."""
    with db.reading() as session:
        kept = session.query(ConnectionRow).order_by(ConnectionRow.id).all()
        return (
            accounts.every(session),
            [(row.id, row.retired_at, row.sealed_refresh) for row in kept],
            [(row.lane_id, row.held_reason) for row in session.query(FeedRow)],
            session.query(audit.AuditRow).count(),
            journal.latest(session, 100),
        )


def refused(
    arriving: Callable[[], object], kind: type[PortalError] = PortalError
) -> PortalError:
    """Expect a trip to fail so, and nothing to change."""
    before = in_force()
    with pytest.raises(kind) as failed:
        arriving()
    assert in_force() == before
    return failed.value


def with_(address: str, **changed: str) -> str:
    """Return an address with another query."""
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query)) | changed
    return parts._replace(query=urlencode(query)).geturl()


def trouble() -> str:
    """Return what the one who waits at the other end is told."""
    with db.reading() as session:
        last = session.query(ChangeRow).order_by(ChangeRow.id.desc()).first()
        assert last is not None
        return last.trouble
