"""Tokens got, renewed and refused, against the sandbox."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from portal import clock
from portal.issuer.grant import Grant
from portal.issuer.refusals import (
    CredentialRefused,
    LoginRefused,
    ReconnectNeeded,
    Unreachable,
)
from portal.microsoft import graph, identity, login
from portal.microsoft.login import Registration
from tests.microsoft.cast import NONCE, SCOPES, VERIFIER, connect, registration
from tests.microsoft.scripted import Server, reply
from tests.sandbox.serving import Sandbox

MIME = (
    b"From: admin@contoso.example\r\nTo: b@example.com\r\nSubject: Road\r\n\r\nHi\r\n"
)


def test_who_signs_in_can_send(sandbox: Sandbox, app: Registration) -> None:
    grant = connect(sandbox, app)

    who = identity.identify(app, grant.id_token or "", NONCE)
    answer = graph.send_mime(graph.mailbox(sandbox.url), grant.access_token, MIME)

    assert who.username == "admin@contoso.example"
    assert answer.status == 202
    assert sandbox.mails("Road")[0]["from"] == "admin@contoso.example"


def test_what_was_granted_is_named_in_short(
    sandbox: Sandbox, app: Registration
) -> None:
    grant = connect(sandbox, app)

    assert set(SCOPES) <= grant.scopes
    assert timedelta(hours=1) < grant.expires_at - clock.now() < timedelta(hours=2)


def test_tokens_are_renewed(sandbox: Sandbox, app: Registration) -> None:
    grant = connect(sandbox, app)

    renewed = login.renew(app, grant.refresh_token or "", SCOPES)

    assert renewed.access_token
    assert renewed.refresh_token != grant.refresh_token
    assert {"Mail.Send", "offline_access"} <= renewed.scopes


def test_a_revoked_sign_in_needs_a_human(sandbox: Sandbox, app: Registration) -> None:
    grant = connect(sandbox, app, as_="reports@contoso.example")
    sandbox.fault("revoked", mailbox="reports@contoso.example")

    with pytest.raises(ReconnectNeeded, match="sign in again") as error:
        login.renew(app, grant.refresh_token or "", SCOPES)

    assert not error.value.passing


def test_an_expired_secret_is_the_operators(
    sandbox: Sandbox, app: Registration
) -> None:
    grant = connect(sandbox, app)
    sandbox.fault("secret-expired")

    with pytest.raises(CredentialRefused, match="secret has expired") as error:
        login.renew(app, grant.refresh_token or "", SCOPES)

    assert error.value.answer.code == "AADSTS7000222"


def test_a_sign_in_that_is_down_passes(sandbox: Sandbox, app: Registration) -> None:
    sandbox.fault("token-down")

    with pytest.raises(Unreachable) as error:
        login.app_token(app)

    assert error.value.passing


def test_a_consent_that_is_not_seen_yet_lags(
    sandbox: Sandbox, app: Registration
) -> None:
    grant = connect(sandbox, app)
    sandbox.fault("consent-lag")

    with pytest.raises(ReconnectNeeded) as error:
        login.renew(app, grant.refresh_token or "", SCOPES)

    assert error.value.lagging


def test_a_wrong_secret_is_the_operators(app: Registration) -> None:
    with pytest.raises(CredentialRefused, match="not its ID"):
        login.app_token(replace(app, secret="wrong"))


def test_without_a_credential_nothing_is_asked(app: Registration) -> None:
    with pytest.raises(CredentialRefused, match="no client secret"):
        login.app_token(replace(app, secret=None))


def test_an_unknown_application_is_told_apart(app: Registration) -> None:
    with pytest.raises(LoginRefused, match="not known in this organization") as error:
        login.app_token(replace(app, client_id="nobody"))

    assert error.value.lagging


def test_an_admin_approves_and_the_application_is_let_in(
    sandbox: Sandbox, app: Registration
) -> None:
    back = sandbox.sign_in(
        None, login.approve_url(app, state="s2", scopes=[".default"])
    )

    grant = login.app_token(app)

    assert parse_qs(urlsplit(back).query)["admin_consent"] == ["True"]
    assert grant.access_token
    assert grant.refresh_token is None


def test_no_secret_shows() -> None:
    app = registration("https://login.example", secret="hidden", certificate="hidden")
    grant = Grant(
        access_token="hidden",
        refresh_token="hidden",
        id_token="hidden",
        expires_at=clock.now(),
        scopes=frozenset(),
    )

    assert "hidden" not in f"{app!r} {grant!r}"


def test_the_address_to_sign_in_at_says_all_that_it_must() -> None:
    app = registration("https://login.example/", tenant="contoso.example")

    address = login.authorize_url(
        app, state="s", nonce="n", verifier=VERIFIER, scopes=SCOPES
    )

    query = dict(parse_qsl(urlsplit(address).query))
    assert address.startswith(
        "https://login.example/contoso.example/oauth2/v2.0/authorize?"
    )
    assert query["scope"] == (
        "openid profile email offline_access https://graph.microsoft.com/Mail.Send"
    )
    assert query["code_challenge_method"] == "S256"
    assert query["prompt"] == "select_account"
    assert "login_hint" not in query
    assert VERIFIER not in address


def test_a_secret_travels_in_the_body_alone(server: Server) -> None:
    app = registration(server.url, secret="a+b&c%/=")
    server.will(reply(200, b'{"access_token": "t"}'))

    login.renew(app, "r+e/f=", ["Mail.Send"])

    form = parse_qsl(server.requests[0].body.decode())
    assert ("client_secret", "a+b&c%/=") in form
    assert ("refresh_token", "r+e/f=") in form
    assert len(form) == len(dict(form))
    assert "authorization" not in server.requests[0].headers
