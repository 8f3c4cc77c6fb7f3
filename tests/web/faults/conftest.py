"""A Microsoft that takes mail by Graph and by SMTP, whatever goes wrong there."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from portal import config
from portal.app import create_app
from portal.config import Config
from tests import trip
from tests.sandbox.serving import Sandbox, serve


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with serve(smtp=tmp_path / "exchange") as served:
        yield served


@pytest.fixture
def portal(house: Config, sandbox: Sandbox) -> Flask:
    """Open a portal that is registered there, and trusts its SMTP server."""
    assert sandbox.smtp
    chosen = replace(house, login_url=sandbox.url, graph_url=sandbox.url)
    config.use(replace(chosen, ca_bundle=sandbox.smtp.authority))
    trip.register(admin=trip.ANN)
    return create_app(config.current())
