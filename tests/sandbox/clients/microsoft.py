"""The sandbox's application, as msal knows it."""

from typing import Any

import msal  # type: ignore[import-untyped]
import requests

from portal.sandbox.seeds import CLIENT_ID, TENANT_ID
from tests.sandbox.clients.conftest import Secured

DEFAULT = ["https://graph.microsoft.com/.default"]


def trusting(secured: Secured) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.verify = str(secured.authority)
    return session


def application(
    secured: Secured, credential: Any
) -> msal.ConfidentialClientApplication:
    """Return msal pointed at the sandbox, with a session that trusts it."""
    return msal.ConfidentialClientApplication(
        CLIENT_ID,
        client_credential=credential,
        authority=f"{secured.sandbox.url}/{TENANT_ID}",
        instance_discovery=False,
        http_client=trusting(secured),
    )
