"""msal, Microsoft's own client, walks every road it has through the sandbox."""

from typing import Any

import msal  # type: ignore[import-untyped]
import pytest

from portal.sandbox.seeds import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from tests.sandbox.clients.conftest import Secured
from tests.sandbox.clients.microsoft import DEFAULT, application, trusting
from tests.sandbox.serving import CALLBACK
from tests.sandbox.walking import ADMIN, answer_of, approval_url, send

# The sandbox answers by query, as the portal asks; msal would like a form better.
pytestmark = pytest.mark.filterwarnings("ignore:response_mode")


def public(secured: Secured) -> msal.PublicClientApplication:
    """Return msal as a program without a secret, which is how it plays a device."""
    return msal.PublicClientApplication(
        CLIENT_ID,
        authority=f"{secured.sandbox.url}/{TENANT_ID}",
        instance_discovery=False,
        http_client=trusting(secured),
    )


def signed_in(secured: Secured) -> tuple[msal.ConfidentialClientApplication, Any]:
    """Walk msal's authorization code flow, PKCE and nonce included."""
    app = application(secured, CLIENT_SECRET)
    flow = app.initiate_auth_code_flow(["Mail.Send"], redirect_uri=CALLBACK)
    back = secured.sandbox.sign_in(None, flow["auth_uri"])
    return app, app.acquire_token_by_auth_code_flow(flow, answer_of(back))


def test_the_code_flow_ends_in_a_token_that_sends(secured: Secured) -> None:
    _, answer = signed_in(secured)

    assert answer["id_token_claims"]["preferred_username"] == ADMIN
    assert send(secured.sandbox, answer["access_token"]).status_code == 202


def test_a_cached_token_is_found_again(secured: Secured) -> None:
    app, answer = signed_in(secured)

    again = app.acquire_token_silent(["Mail.Send"], account=app.get_accounts()[0])

    assert again["access_token"] == answer["access_token"]


def test_a_refresh_token_yields_another_access_token(secured: Secured) -> None:
    app, answer = signed_in(secured)

    again = app.acquire_token_silent(
        ["Mail.Send"], account=app.get_accounts()[0], force_refresh=True
    )

    assert again["access_token"] != answer["access_token"]
    assert send(secured.sandbox, again["access_token"]).status_code == 202


def test_a_device_code_ends_in_a_token_that_sends(secured: Secured) -> None:
    for kind in ("public-client", "device-haste"):
        secured.sandbox.fault(kind, None)
    app = public(secured)
    flow = app.initiate_device_flow(["Mail.Send"])
    secured.sandbox.enter_code(flow["verification_uri"], flow["user_code"])

    answer = app.acquire_token_by_device_flow(flow)
    again = app.acquire_token_silent(
        ["Mail.Send"], account=app.get_accounts()[0], force_refresh=True
    )
    secured.sandbox.clear()

    assert send(secured.sandbox, answer["access_token"]).status_code == 202
    assert again["access_token"] != answer["access_token"]


def test_msal_gives_up_on_a_device_code_that_was_declined(secured: Secured) -> None:
    secured.sandbox.fault("public-client", None)
    secured.sandbox.fault("consent-lost")
    app = public(secured)
    flow = app.initiate_device_flow(["Mail.Send"])
    place = flow["verification_uri"]
    secured.sandbox.enter_code(place, flow["user_code"], answer="cancel")

    answer = app.acquire_token_by_device_flow(flow)
    secured.sandbox.clear()

    assert answer["error"] == "authorization_declined"


def test_the_application_proves_itself_by_secret(secured: Secured) -> None:
    secured.sandbox.sign_in(None, approval_url(secured.sandbox))
    app = application(secured, CLIENT_SECRET)

    answer = app.acquire_token_for_client(DEFAULT)

    sent = send(secured.sandbox, answer["access_token"], f"/users/{ADMIN}/sendMail")
    assert sent.status_code == 202
    assert app.acquire_token_for_client(DEFAULT)["token_source"] == "cache"


def test_the_application_proves_itself_by_certificate(secured: Secured) -> None:
    identity = secured.identity
    credential = {
        "private_key": identity.key.decode(),
        "public_certificate": identity.certificate.decode(),
    }

    answer = application(secured, credential).acquire_token_for_client(DEFAULT)

    assert answer.get("token_type") == "Bearer", answer


def test_a_refusal_reaches_msal_in_full(secured: Secured) -> None:
    answer = application(secured, "wrong").acquire_token_for_client(DEFAULT)

    assert answer["error"] == "invalid_client"
    assert answer["error_codes"] == [7000215]
