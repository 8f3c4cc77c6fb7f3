"""Tokens got, renewed and refused, against the sandbox and against worse."""

import hashlib
import json
import ssl
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from portal import clock
from portal.explanations.sign_in import CLOCK_WRONG
from portal.issuer.grant import Grant
from portal.issuer.refusals import (
    CredentialRefused,
    LoginRefused,
    ReconnectNeeded,
    Unreachable,
)
from portal.microsoft import graph, identity, login
from portal.microsoft.login import Registration, credential
from tests.conftest import Passing
from tests.microsoft.cast import NONCE, SCOPES, VERIFIER, connect, registration
from tests.microsoft.certificates import self_signed
from tests.microsoft.scripted import Server, reply
from tests.sandbox import serving
from tests.sandbox.serving import Sandbox

MIME = (
    b"From: admin@contoso.example\r\nTo: b@example.com\r\nSubject: Road\r\n\r\nHi\r\n"
)


def header_of(server: Server) -> dict[str, str]:
    """Return the header of the assertion that a request was signed with."""
    form = dict(parse_qsl(server.requests[-1].body.decode()))
    encoded = form["client_assertion"].partition(".")[0]
    header: dict[str, str] = json.loads(urlsafe_b64decode(encoded + "=="))
    return header


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

    assert error.value.code == "AADSTS7000222"


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


@pytest.mark.parametrize("algorithm", credential.ALGORITHMS)
def test_a_certificate_proves_the_application(algorithm: str) -> None:
    ours = self_signed()
    pem = (ours.certificate + ours.key).decode()

    with serving.serve(certificate=ours.certificate) as sandbox:
        app = registration(sandbox.url, secret=None, certificate=pem)
        app = replace(app, certificate_algorithm=algorithm)

        assert login.app_token(app).access_token
        assert connect(sandbox, app).refresh_token


def test_an_assertion_by_a_wrong_clock_is_told_as_that(passes: Passing) -> None:
    ours = self_signed()
    pem = (ours.certificate + ours.key).decode()
    passes(hours=1)

    with serving.serve(certificate=ours.certificate) as sandbox:
        app = registration(sandbox.url, secret=None, certificate=pem)
        with pytest.raises(CredentialRefused) as refused:
            login.app_token(app)

    assert refused.value.cause == CLOCK_WRONG.name


def test_an_assertion_names_the_directory_that_a_domain_stands_for() -> None:
    ours = self_signed()
    pem = (ours.certificate + ours.key).decode()

    with serving.serve(certificate=ours.certificate) as sandbox:
        app = registration(sandbox.url, secret=None, certificate=pem)

        assert login.app_token(replace(app, tenant="contoso.example")).access_token


@pytest.mark.parametrize(
    ("algorithm", "thumbprint", "digest"),
    [("PS256", "x5t#S256", "sha256"), ("RS256", "x5t", "sha1")],
)
def test_an_assertion_names_its_certificate(
    server: Server, algorithm: str, thumbprint: str, digest: str
) -> None:
    ours = self_signed()
    pem = (ours.certificate + ours.key).decode()
    app = registration(server.will(reply(503)).url, secret=None, certificate=pem)

    with pytest.raises(Unreachable):
        login.app_token(replace(app, certificate_algorithm=algorithm))

    der = ssl.PEM_cert_to_DER_cert(ours.certificate.decode())
    named = urlsafe_b64encode(hashlib.new(digest, der).digest()).decode().rstrip("=")
    header = header_of(server)
    assert (header["alg"], header["typ"]) == (algorithm, "JWT")
    assert {n: v for n, v in header.items() if "x5t" in n} == {thumbprint: named}


@pytest.mark.parametrize("pem", ["", "nothing", "-----BEGIN CERTIFICATE-----\nAA\n"])
def test_a_certificate_that_cannot_be_read_is_the_operators(
    app: Registration, pem: str
) -> None:
    with pytest.raises(CredentialRefused, match="certificate"):
        login.app_token(replace(app, secret=None, certificate=pem))


def test_a_certificate_without_its_key_is_the_operators(app: Registration) -> None:
    certificate = self_signed().certificate

    with pytest.raises(CredentialRefused, match="certificate and its RSA key"):
        login.app_token(replace(app, secret=None, certificate=certificate.decode()))


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


def redeemed(server: Server, **answer: Any) -> Grant:
    whole = {"access_token": "t", "token_type": "Bearer", **answer}
    server.will(reply(200, json.dumps(whole).encode()))
    app = registration(server.url)
    return login.redeem(app, code="c", verifier="v", scopes=["Mail.Send", "openid"])


@pytest.mark.parametrize(
    ("scope", "scopes"),
    [
        (None, {"Mail.Send", "openid"}),
        ("", {"Mail.Send", "openid"}),
        ("mail.send OPENID", {"Mail.Send", "openid"}),
        ("HTTPS://GRAPH.microsoft.com/mail.SEND", {"Mail.Send"}),
        ("https://graph.microsoft.com/New.Thing", {"New.Thing"}),
        (
            "https://outlook.office.com/Mail.Send",
            {"https://outlook.office.com/Mail.Send"},
        ),
    ],
)
def test_permissions_are_read_in_every_spelling(
    server: Server, scope: str | None, scopes: set[str]
) -> None:
    assert redeemed(server, scope=scope).scopes == scopes


@pytest.mark.parametrize(
    ("expires_in", "seconds"),
    [
        *[(3599, 3599), ("3599", 3599), (None, 300), ("x", 300), (-1, 0)],
        *[(10**12, 86400), (10**30, 300)],
    ],
)
def test_a_lifetime_is_read_in_every_form(
    server: Server, expires_in: Any, seconds: int
) -> None:
    left = redeemed(server, expires_in=expires_in).expires_at - clock.now()

    assert timedelta(seconds=seconds - 5) < left <= timedelta(seconds=seconds)


def test_a_refresh_token_stands_for_offline_access(server: Server) -> None:
    grant = redeemed(server, scope="Mail.Send", refresh_token="r")

    assert grant.scopes == {"Mail.Send", "offline_access"}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"<html>Welcome to our Wi-Fi</html>"),
        (200, b"[]"),
        (200, b'{"access_token": ""}'),
        (200, b'{"access_token": 7}'),
        (200, b'{"access_token": "two\\nlines"}'),
        (200, b'{"access_token": "na\\u00efve"}'),
        (200, b'{"access_token": "\\ud800"}'),
        (429, b""),
        (500, b'{"error": "invalid_grant"}'),
        (503, b"<html>"),
        (400, b'{"error": "temporarily_unavailable"}'),
    ],
)
def test_what_is_no_answer_passes(server: Server, status: int, body: bytes) -> None:
    server.will(reply(status, body, retry_after="7"))

    with pytest.raises(Unreachable) as error:
        login.app_token(registration(server.url))

    assert error.value.after in (None, timedelta(seconds=7))


def test_a_sign_in_that_cannot_be_reached_passes() -> None:
    app = registration("http://127.0.0.1:1")

    with pytest.raises(Unreachable, match="refused the connection"):
        login.app_token(app)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": 7}', b"\xff"])
def test_a_refusal_that_explains_nothing_is_a_refusal(
    server: Server, body: bytes
) -> None:
    server.will(reply(400, body))

    with pytest.raises(LoginRefused) as error:
        login.app_token(registration(server.url))

    assert error.value.code == "400"


def test_a_number_that_is_none_of_microsofts_is_left_out(server: Server) -> None:
    body = {"error": "invalid_grant", "error_codes": ["9" * 5000, -7, True, 65001]}
    server.will(reply(400, json.dumps(body).encode()))

    with pytest.raises(ReconnectNeeded) as refused:
        login.app_token(registration(server.url))

    assert refused.value.number == 65001


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("invalid_client", CredentialRefused),
        ("invalid_grant", ReconnectNeeded),
        ("interaction_required", ReconnectNeeded),
        ("consent_required", ReconnectNeeded),
        ("invalid_scope", LoginRefused),
    ],
)
def test_the_error_decides_and_not_the_number(
    server: Server, error: str, kind: type[LoginRefused]
) -> None:
    body = {"error": error, "error_codes": ["7000222"], "suberror": "bad_token"}
    server.will(reply(400, json.dumps(body).encode()))

    with pytest.raises(LoginRefused) as refused:
        login.app_token(registration(server.url))

    assert type(refused.value) is kind
    assert refused.value.number == 7000222
