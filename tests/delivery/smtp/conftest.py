"""What these tests find laid out: a server that obeys, and issuers with theirs."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from portal import config
from portal.config import Config
from tests import trip
from tests.delivery.smtp.obeying import Obeying, obeying
from tests.sandbox.identity import Identity, identity_of
from tests.sandbox.serving import Sandbox, serve


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
    return server_side(tmp_path_factory.mktemp("smtp"), identity_of("localhost"))


def server_side(folder: Path, identity: Identity) -> Trust:
    """Lay out what a server shows, and what trusts it."""
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


@pytest.fixture
def exchange(house: Config, tmp_path: Path) -> Iterator[Sandbox]:
    """Serve Microsoft with its SMTP server, and register there."""
    with serve(smtp=tmp_path / "exchange") as served:
        assert served.smtp
        config.use(
            replace(
                house,
                login_url=served.url,
                graph_url=served.url,
                ca_bundle=served.smtp.authority,
            )
        )
        trip.register()
        yield served


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
