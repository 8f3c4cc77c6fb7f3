"""A certificate proves the application: it signs what is sent instead of a secret."""

import hashlib
import json
import ssl
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest

from portal.explanations.sign_in import CLOCK_WRONG
from portal.issuer.refusals import (
    CredentialRefused,
    Unreachable,
)
from portal.microsoft import login
from portal.microsoft.login import Registration, credential
from tests.conftest import Passing
from tests.microsoft.cast import connect, registration
from tests.microsoft.certificates import self_signed
from tests.microsoft.scripted import Server, reply
from tests.sandbox import serving


def header_of(server: Server) -> dict[str, str]:
    """Return the header of the assertion that a request was signed with."""
    form = dict(parse_qsl(server.requests[-1].body.decode()))
    encoded = form["client_assertion"].partition(".")[0]
    header: dict[str, str] = json.loads(urlsafe_b64decode(encoded + "=="))
    return header


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
