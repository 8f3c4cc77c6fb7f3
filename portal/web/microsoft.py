"""What pages say of Microsoft: where its Entra is, and what is typed in PowerShell."""

from flask import Flask

from portal import config
from portal.microsoft import problems


def init_app(app: Flask) -> None:
    """Give every template `entra`, an address, and lines to be typed."""
    app.jinja_env.globals.update(
        entra=config.current().entra_url,
        send_as=problems.send_as,
        full_access=problems.full_access,
    )
