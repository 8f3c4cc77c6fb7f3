"""The operator: who stands behind a command, and the house it is for."""

from portal import config, db, vault
from portal.errors import CannotDecrypt
from portal.workspace import audit, house
from portal.workspace.people import setup_links

NAME = "operator"


def enter() -> None:
    """Open the house; raise CannotDecrypt rather than change what is not ours."""
    house.open_up(config.current())
    if not vault.unlocked():
        raise CannotDecrypt


def setup_address() -> str:
    """Return the address of a new setup link; older ones end."""
    with db.session() as session:
        secret = setup_links.make(session)
        audit.note(session, NAME, "made setup link", "setup page")
    return f"{config.current().base_url}/setup/{secret}"
