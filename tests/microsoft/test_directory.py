"""An organization is found: who speaks for it, and where its keys lie."""

from typing import Any

import pytest

from portal.issuer.refusals import LoginRefused, Unreachable
from portal.microsoft.login import directory
from tests.microsoft.scripted import Server, reply
from tests.microsoft.signed import (
    ISSUER,
    TENANT,
    discovery,
)
from tests.sandbox.serving import Sandbox


def test_a_directory_out_of_reach_passes() -> None:
    with pytest.raises(Unreachable):
        directory.discover("http://127.0.0.1:1", TENANT)


def test_a_domain_leads_to_its_directory(server: Server, login_url: str) -> None:
    server.will(reply(200, discovery(jwks_uri=f"{server.url}/keys")))

    tenant = directory.discover(login_url, "contoso.example")

    assert tenant == directory.Tenant(
        id=TENANT, issuer=ISSUER, jwks_uri=f"{server.url}/keys"
    )


def test_the_issuer_may_be_a_template(server: Server, login_url: str) -> None:
    server.will(reply(200, discovery("https://login.example/{tenantid}/v2.0")))

    assert directory.discover(login_url, TENANT.upper()).issuer == ISSUER


@pytest.mark.parametrize(
    "uri", ["https://evil.example/keys", "", "http://127.0.0.1/", "http://[", 7]
)
def test_keys_come_from_where_people_sign_in(
    server: Server, login_url: str, uri: Any
) -> None:
    server.will(reply(200, discovery(jwks_uri=uri)))

    tenant = directory.discover(login_url, TENANT)

    assert tenant.jwks_uri == f"{login_url}/{TENANT}/discovery/v2.0/keys"


def test_an_issuer_that_is_no_address_names_nobody(
    server: Server, login_url: str
) -> None:
    server.will(reply(200, discovery("http://[")))

    with pytest.raises(LoginRefused, match="no single organization"):
        directory.discover(login_url, "contoso.example")


@pytest.mark.parametrize("name", ["common", "organizations", "contoso.example"])
def test_what_is_no_single_organization_is_refused(
    server: Server, login_url: str, name: str
) -> None:
    server.will(reply(200, discovery("https://login.example/{tenantid}/v2.0")))

    with pytest.raises(LoginRefused, match="no single organization"):
        directory.discover(login_url, name)


def test_an_organization_nobody_knows_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(LoginRefused, match="knows no such organization"):
        directory.discover(sandbox.url, "nowhere.example")


def test_the_sandbox_is_found_by_its_domain(sandbox: Sandbox) -> None:
    assert directory.discover(sandbox.url, "contoso.example").id == TENANT
