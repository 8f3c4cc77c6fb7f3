"""msal gets tokens for Exchange, one resource a request, and they submit mail."""

from pathlib import Path
from typing import Any

import msal  # type: ignore[import-untyped]
import pytest
import requests

from portal.sandbox.seeds import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from tests.sandbox.identity import identity_of
from tests.sandbox.serving import serve
from tests.sandbox.smtp.conftest import encrypted
from tests.sandbox.smtp.submitting import bearer
from tests.sandbox.walking import REPORTS, approval_url

DEFAULT = ["https://outlook.office365.com/.default"]


def test_the_applications_token_submits(tmp_path: Path) -> None:
    identity = identity_of("localhost")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_bytes(identity.certificate)
    key.write_bytes(identity.key)
    with serve(tls=(chain, key), smtp=tmp_path / "smtp") as sandbox:
        sandbox.sign_in(None, approval_url(sandbox))
        app = _application(f"{sandbox.url}/{TENANT_ID}", chain)

        answer = app.acquire_token_for_client(DEFAULT)

        with encrypted(sandbox) as client:
            assert bearer(client, REPORTS, answer["access_token"])[0] == 235


def _application(authority: str, chain: Path) -> Any:
    session = requests.Session()
    session.trust_env = False
    session.verify = str(chain)
    return msal.ConfidentialClientApplication(
        CLIENT_ID,
        client_credential=CLIENT_SECRET,
        authority=authority,
        instance_discovery=False,
        http_client=session,
    )


@pytest.mark.parametrize("name", ["sandbox-ca.pem", "sandbox-smtp.pem"])
def test_certificates_are_made_once(tmp_path: Path, name: str) -> None:
    with serve(smtp=tmp_path):
        first = (tmp_path / name).read_bytes()

    with serve(smtp=tmp_path):
        assert (tmp_path / name).read_bytes() == first
