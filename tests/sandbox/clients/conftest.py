"""A sandbox behind TLS, as clients demand it that nobody here wrote."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.sandbox.identity import Identity, identity_of
from tests.sandbox.serving import Sandbox, serve


@dataclass(frozen=True)
class Secured:
    """A sandbox behind TLS, the file to trust it by, and the application's identity."""

    sandbox: Sandbox
    authority: Path
    identity: Identity


@pytest.fixture(scope="session")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """Serve a sandbox on https://localhost, which knows a certificate of the app."""
    folder = tmp_path_factory.mktemp("tls")
    server, identity = identity_of("localhost"), identity_of("Mail Portal")
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(server.certificate)
    key.write_bytes(server.key)
    with serve(tls=(chain, key), certificate=identity.certificate) as sandbox:
        yield Secured(sandbox, chain, identity)
