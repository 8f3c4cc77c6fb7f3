"""What these tests find laid out: a sandbox that takes mail by SMTP."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from smtplib import SMTP

import pytest

from tests.sandbox.serving import Sandbox, serve


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Sandbox]:
    """Serve a sandbox with its submission server."""
    with serve(smtp=tmp_path / "smtp") as served:
        yield served


@contextmanager
def encrypted(sandbox: Sandbox) -> Iterator[SMTP]:
    """Connect as any client does, and trust the sandbox's authority."""
    assert sandbox.smtp
    with SMTP("localhost", sandbox.smtp.port, timeout=20) as client:
        trusted = ssl.create_default_context(cafile=str(sandbox.smtp.authority))
        client.starttls(context=trusted)
        client.ehlo()
        yield client
