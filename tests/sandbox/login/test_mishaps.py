"""Tokens that come late, come short, or do not come at all."""

import pytest

from portal.sandbox.seeds import CONTOSO
from tests.sandbox.serving import Sandbox
from tests.sandbox.walking import (
    ADMIN,
    ALEX,
    SCOPE,
    claims_of,
    code,
    problem,
    redeem,
    renew,
    send,
    tokens,
)

FULL = "https://graph.microsoft.com/"


def told(sandbox: Sandbox, scope: str = SCOPE) -> set[str]:
    return set(tokens(sandbox, ADMIN, scope)["scope"].split())


def test_a_page_may_come_instead_of_tokens(sandbox: Sandbox) -> None:
    old = tokens(sandbox)["refresh_token"]
    sandbox.fault("html")

    answer = renew(sandbox, old)

    assert (answer.status_code, answer.headers["Content-Type"]) == (
        200,
        "text/html; charset=utf-8",
    )
    assert renew(sandbox, old).json()["access_token"]


def test_a_page_may_come_instead_of_discovery(sandbox: Sandbox) -> None:
    sandbox.fault("html", only="openid-configuration")
    address = f"{sandbox.url}/{CONTOSO.id}/v2.0/.well-known/openid-configuration"

    assert "<html>" in sandbox.session.get(address, timeout=9).text
    assert sandbox.session.get(address, timeout=9).json()["issuer"]


def test_tokens_may_come_late(sandbox: Sandbox) -> None:
    brought = code(sandbox)
    sandbox.fault("login-slow", after_seconds=0.3)

    answer = redeem(sandbox, brought)

    assert answer.elapsed.total_seconds() >= 0.3
    assert answer.json()["access_token"]


def test_a_refresh_token_may_be_missing(sandbox: Sandbox) -> None:
    sandbox.fault("no-refresh-token")

    assert "refresh_token" not in tokens(sandbox)
    assert "refresh_token" not in tokens(sandbox)
    sandbox.clear()
    assert "refresh_token" in tokens(sandbox)


def test_what_is_not_granted_is_neither_told_nor_had(sandbox: Sandbox) -> None:
    sandbox.fault("scope-missing")

    answer = tokens(sandbox)

    assert "Mail.Send" not in answer["scope"].split()
    assert problem(send(sandbox, answer["access_token"])) == (403, "ErrorAccessDenied")


def test_which_permission_is_missing_can_be_said(sandbox: Sandbox) -> None:
    sandbox.fault("scope-missing", scope="Mail.ReadWrite")

    granted = told(sandbox, f"{SCOPE} Mail.ReadWrite")

    assert "Mail.Send" in granted
    assert "Mail.ReadWrite" not in granted


def test_scopes_may_go_untold(sandbox: Sandbox) -> None:
    sandbox.fault("scope-absent")

    assert "scope" not in tokens(sandbox)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("scope-short", "Mail.Send"),
        ("scope-full", f"{FULL}Mail.Send"),
        ("scope-shouted", f"{FULL}Mail.Send".upper()),
    ],
)
def test_scopes_may_be_told_in_any_form(sandbox: Sandbox, kind: str, name: str) -> None:
    sandbox.fault(kind)

    assert name in told(sandbox, "Mail.Send")
    assert name in told(sandbox, f"{FULL}Mail.Send")


def test_an_app_role_is_told_of_whom_it_was_given(sandbox: Sandbox) -> None:
    sandbox.fault("app-role", user=ALEX)

    hers, his = (
        claims_of(sandbox, tokens(sandbox, who)["id_token"]) for who in (ADMIN, ALEX)
    )

    assert his["roles"] == ["Portal.Admin"]
    assert "roles" not in hers
