"""The device code flow: a code for the device, a page for the person, a poll."""

from typing import Any

import pytest
import requests

from portal.sandbox.login.clients import DEVICE_CODE
from portal.sandbox.seeds import CLIENT_ID, FABRIKAM, TENANT_ID
from tests.sandbox.serving import Sandbox
from tests.sandbox.walking import (
    ADMIN,
    PAT,
    SCOPE,
    ask_token,
    claims_of,
    refusal,
    renew,
    send,
)

PENDING = (400, "authorization_pending", 70016)


def ask_code(
    sandbox: Sandbox, tenant: str = TENANT_ID, **form: Any
) -> requests.Response:
    asked = {"client_id": CLIENT_ID, "scope": SCOPE, **form}
    return sandbox.session.post(
        f"{sandbox.url}/{tenant}/oauth2/v2.0/devicecode",
        data={name: value for name, value in asked.items() if value is not None},
        timeout=9,
    )


def poll(sandbox: Sandbox, device_code: str | None, **form: Any) -> requests.Response:
    return ask_token(sandbox, grant_type=DEVICE_CODE, device_code=device_code, **form)


def test_a_code_comes_with_where_to_type_it(sandbox: Sandbox) -> None:
    answer = ask_code(sandbox).json()

    assert answer["verification_uri"] == f"{sandbox.url}/devicelogin"
    assert (answer["expires_in"], answer["interval"]) == (900, 5)
    assert answer["user_code"] in answer["message"]


def test_whoever_typed_it_in_is_whom_the_tokens_are_for(sandbox: Sandbox) -> None:
    asked = ask_code(sandbox).json()
    before = refusal(poll(sandbox, asked["device_code"]))

    page = sandbox.enter_code(asked["verification_uri"], asked["user_code"])
    answer = poll(sandbox, asked["device_code"]).json()

    assert before == PENDING
    assert "You have signed in to <b>Mail Portal</b>" in page
    claims = claims_of(sandbox, answer["id_token"])
    assert (claims["preferred_username"], "nonce" in claims) == (ADMIN, False)
    assert send(sandbox, answer["access_token"]).status_code == 202
    assert renew(sandbox, answer["refresh_token"]).ok


def test_a_code_serves_once(sandbox: Sandbox) -> None:
    asked = ask_code(sandbox).json()
    sandbox.enter_code(asked["verification_uri"], asked["user_code"])

    poll(sandbox, asked["device_code"])
    again = poll(sandbox, asked["device_code"])

    assert refusal(again) == (400, "bad_verification_code", 70018)


def test_a_typed_code_may_be_in_small_letters_with_space_around(
    sandbox: Sandbox,
) -> None:
    asked = ask_code(sandbox).json()

    sandbox.enter_code(asked["verification_uri"], f" {asked['user_code'].lower()} ")

    assert poll(sandbox, asked["device_code"]).ok


def test_a_code_that_was_declined_says_so(sandbox: Sandbox) -> None:
    sandbox.fault("consent-lost")
    asked = ask_code(sandbox).json()

    page = sandbox.enter_code(
        asked["verification_uri"], asked["user_code"], answer="cancel"
    )

    assert "was given nothing" in page
    refused = refusal(poll(sandbox, asked["device_code"]))
    assert refused == (400, "authorization_declined", 65004)


def test_who_asks_too_often_is_told_to_slow_down(sandbox: Sandbox) -> None:
    asked = ask_code(sandbox).json()

    first, second = (refusal(poll(sandbox, asked["device_code"])) for _ in range(2))

    assert first == PENDING
    assert second == (400, "slow_down", 70016)


def test_a_code_ends(sandbox: Sandbox) -> None:
    sandbox.fault("device-haste", None, after_seconds=0)
    asked = ask_code(sandbox).json()

    page = sandbox.session.post(
        asked["verification_uri"], data={"code": asked["user_code"]}, timeout=9
    )

    assert page.status_code == 400
    assert "That code did not work" in page.text
    assert refusal(poll(sandbox, asked["device_code"]))[1] == "expired_token"


@pytest.mark.parametrize(
    ("number", "tenant", "form"),
    [
        (900144, TENANT_ID, {"client_id": None}),
        (900144, TENANT_ID, {"scope": None}),
        (700016, TENANT_ID, {"client_id": "11111111-1111-1111-1111-111111111111"}),
        (70011, TENANT_ID, {"scope": "Mail.Sned"}),
        (90002, "nowhere.example", {}),
        (50194, "common", {}),
        (700016, FABRIKAM.id, {}),
    ],
)
def test_a_wrong_request_gets_no_code(
    sandbox: Sandbox, number: int, tenant: str, form: dict[str, Any]
) -> None:
    assert refusal(ask_code(sandbox, tenant, **form))[2] == number


@pytest.mark.parametrize(
    ("number", "form"), [(900144, {"device_code": None}), (70018, {"device_code": "x"})]
)
def test_a_wrong_poll_is_refused(
    sandbox: Sandbox, number: int, form: dict[str, Any]
) -> None:
    assert refusal(ask_token(sandbox, grant_type=DEVICE_CODE, **form))[2] == number


def test_without_a_secret_only_a_public_client_polls(sandbox: Sandbox) -> None:
    code = ask_code(sandbox).json()["device_code"]
    private = refusal(poll(sandbox, code, client_secret=None))

    sandbox.fault("public-client", None)
    public = refusal(poll(sandbox, code, client_secret=None))

    assert private == (401, "invalid_client", 7000218)
    assert public == PENDING


def test_a_public_client_may_be_refused_for_its_secret(sandbox: Sandbox) -> None:
    sandbox.fault("public-client", None, secret="refused")
    code = ask_code(sandbox).json()["device_code"]

    assert refusal(poll(sandbox, code)) == (401, "invalid_client", 700025)
    assert refusal(poll(sandbox, code, client_secret=None)) == PENDING


def test_who_belongs_to_another_organization_is_stopped(sandbox: Sandbox) -> None:
    asked = ask_code(sandbox).json()

    page = sandbox.enter_code(asked["verification_uri"], asked["user_code"], as_=PAT)

    assert "AADSTS50020" in page
    assert refusal(poll(sandbox, asked["device_code"])) == PENDING
