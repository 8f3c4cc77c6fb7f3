"""An application, as these tests register it."""

from portal import db
from portal.microsoft.login import Registration
from portal.sandbox.seeds import CLIENT_ID, TENANT_ID
from portal.workspace import registration
from tests import stored
from tests.terminal import Ran

IDS = ("--tenant", TENANT_ID, "--client-id", CLIENT_ID)
OTHER = "11111111-2222-3333-4444-555555555555"


def kept() -> Registration | None:
    with db.reading() as session:
        return registration.current(session)


def wrong(ran: Ran, code: int) -> str:
    """Return the line that says why nothing was kept, and one that quotes Microsoft."""
    [_, *quoted] = ran.err.splitlines()
    assert (ran.code, ran.out) == (code, "")
    assert all(line.startswith("portal: The other side said: ") for line in quoted)
    assert stored.rows("registration", "audit") == 0
    return ran.err
