"""The operator: who stands behind a command, and the house it is for."""

from portal import config, vault
from portal.errors import CannotDecrypt
from portal.workspace import house

NAME = "operator"


def enter() -> None:
    """Open the house; raise CannotDecrypt rather than change what is not ours."""
    house.open_up(config.current())
    if not vault.unlocked():
        raise CannotDecrypt
