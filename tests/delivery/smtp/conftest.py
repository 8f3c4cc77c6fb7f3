"""What these tests find laid out: a server that obeys, in the clear or by TLS."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from portal import config
from portal.config import Config
from tests.delivery.smtp.obeying import Obeying, obeying
from tests.sandbox.identity import identity_of


@dataclass(frozen=True)
class Trust:
    """A server's side of TLS, and the file to trust it by."""

    context: ssl.SSLContext
    authority: Path
    pem: str = field(repr=False)  # certificate and key


@pytest.fixture
def mail(house: Config) -> Iterator[Obeying]:
    """Serve without TLS."""
    with obeying() as told:
        yield told


@pytest.fixture(scope="session")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Trust:
    """Make a certificate for localhost."""
    folder, identity = tmp_path_factory.mktemp("smtp"), identity_of("localhost")
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(identity.certificate)
    key.write_bytes(identity.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    whole = (identity.key + identity.certificate).decode()
    return Trust(context, chain, whole)


@pytest.fixture
def trusted(house: Config, trust: Trust) -> Trust:
    """Let the house trust that certificate."""
    config.use(replace(house, ca_bundle=trust.authority))
    return trust
