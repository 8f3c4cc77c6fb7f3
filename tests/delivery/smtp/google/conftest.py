"""What these tests find laid out: a Google with its SMTP server."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from portal import config
from portal.config import Config
from tests.sandbox.serving import Sandbox, serve


@pytest.fixture
def gmail(house: Config, tmp_path: Path) -> Iterator[Sandbox]:
    """Serve a Google with its SMTP server; no application of Microsoft is known."""
    with serve(smtp=tmp_path / "gmail") as served:
        assert served.gmail
        config.use(
            replace(
                house,
                google_url=f"{served.url}/google",
                ca_bundle=served.gmail.authority,
            )
        )
        yield served
