"""Signing in by a code: asked for, waited for, declined, too late, too often."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from portal.issuer.refusals import (
    CredentialRefused,
    LoginRefused,
    ReconnectNeeded,
    Unreachable,
)
from portal.microsoft import identity, login
from portal.microsoft.login import Registration, device
from tests.microsoft.cast import SCOPES, registration
from tests.microsoft.scripted import Server, Step, reply
from tests.sandbox.serving import Sandbox

ALLOWED = {
    "user_code": "BCDF23456",
    "device_code": "d" * 40,
    "verification_uri": "https://microsoft.com/devicelogin",
    "expires_in": 900,
    "interval": 5,
}


def said(**answer: Any) -> Step:
    status = 400 if "error" in answer else 200
    return reply(status, json.dumps(answer).encode())


class Waiting:
    """Waits for nobody, and remembers how long it was told to."""

    def __init__(self, *acts: Callable[[], object]) -> None:
        self.acts = [*acts]
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        if self.acts:
            self.acts.pop(0)()


def test_who_types_the_code_in_is_whom_the_tokens_are_for(
    sandbox: Sandbox, app: Registration
) -> None:
    code = device.ask(app, SCOPES)
    wait = Waiting(lambda: sandbox.enter_code(code.address, code.user_code))

    grant = device.redeem(app, code, SCOPES, wait)

    who = identity.identify(app, grant.id_token or "", None)
    assert who.username == "admin@contoso.example"
    assert set(SCOPES) <= grant.scopes
    assert wait.seconds == [5]
    assert login.renew(app, grant.refresh_token or "", SCOPES).access_token


def test_who_asks_too_often_asks_less_often(
    sandbox: Sandbox, app: Registration
) -> None:
    code = device.ask(app, SCOPES)
    wait = Waiting(*3 * [lambda: None])
    wait.acts.append(lambda: sandbox.enter_code(code.address, code.user_code))

    device.redeem(app, code, SCOPES, wait)

    assert wait.seconds == [5, 5, 10, 15]


def test_a_declined_sign_in_says_so(sandbox: Sandbox, app: Registration) -> None:
    sandbox.fault("consent-lost")
    code = device.ask(app, SCOPES)
    sandbox.enter_code(code.address, code.user_code, answer="cancel")

    with pytest.raises(LoginRefused, match="declined"):
        device.redeem(app, code, SCOPES, Waiting())


def test_a_code_that_is_over_at_microsoft_says_so(
    sandbox: Sandbox, app: Registration
) -> None:
    sandbox.fault("device-haste", None, after_seconds=0)
    code = device.ask(app, SCOPES)

    with pytest.raises(LoginRefused, match="time is over"):
        device.redeem(app, code, SCOPES, Waiting())


def test_nobody_is_asked_beyond_the_life_of_a_code(
    sandbox: Sandbox, app: Registration
) -> None:
    sandbox.fault("device-haste", None, interval=400)
    code = device.ask(app, SCOPES)
    wait = Waiting()

    with pytest.raises(LoginRefused, match="time is over"):
        device.redeem(app, code, SCOPES, wait)
    assert sum(wait.seconds) >= 900
    assert len(wait.seconds) <= 3


@pytest.mark.parametrize("secret", ["refused", ""])
def test_a_public_client_signs_in_and_renews(
    sandbox: Sandbox, app: Registration, secret: str
) -> None:
    sandbox.fault("public-client", None, secret=secret)
    code = device.ask(app, SCOPES)
    sandbox.enter_code(code.address, code.user_code)

    grant = device.redeem(app, code, SCOPES, Waiting())

    assert login.renew(app, grant.refresh_token or "", SCOPES).access_token


def test_a_wrong_secret_is_refused_at_the_first_question(app: Registration) -> None:
    app = replace(app, secret="wrong")
    code = device.ask(app, SCOPES)

    with pytest.raises(CredentialRefused):
        device.redeem(app, code, SCOPES, Waiting())


def test_a_client_without_leave_is_told_where_it_is_given(server: Server) -> None:
    refused = {"error": "invalid_client", "error_codes": [7000218]}
    server.will(said(**ALLOWED), said(**refused))
    app = registration(server.url)

    with pytest.raises(LoginRefused, match="Allow public client flows"):
        device.redeem(app, device.ask(app, SCOPES), SCOPES, Waiting())


@pytest.mark.parametrize(
    ("error", "number", "kind"),
    [
        ("bad_verification_code", 70018, LoginRefused),
        ("access_denied", 0, LoginRefused),
        ("invalid_grant", 50057, ReconnectNeeded),
    ],
)
def test_what_ends_a_code_ends_the_asking(
    server: Server, error: str, number: int, kind: type[LoginRefused]
) -> None:
    server.will(said(**ALLOWED), said(error=error, error_codes=[number]))
    app = registration(server.url)

    with pytest.raises(kind):
        device.redeem(app, device.ask(app, SCOPES), SCOPES, Waiting())
    assert len(server.requests) == 2


def test_a_consent_that_is_not_seen_yet_is_asked_for_again(server: Server) -> None:
    lagging = said(error="invalid_grant", error_codes=[65001])
    server.will(said(**ALLOWED), *4 * [lagging])
    app = registration(server.url)

    with pytest.raises(ReconnectNeeded):
        device.redeem(app, device.ask(app, SCOPES), SCOPES, Waiting())
    assert len(server.requests) == 5


def test_an_outage_is_waited_out_with_patience(server: Server) -> None:
    pending = said(error="authorization_pending", error_codes=[70016])
    over = said(error="expired_token", error_codes=[70019])
    server.will(said(**ALLOWED), pending, reply(503), reply(503), over)
    app, wait = registration(server.url), Waiting()

    with pytest.raises(LoginRefused):
        device.redeem(app, device.ask(app, SCOPES), SCOPES, wait)
    assert wait.seconds == [5, 5, 10, 20]


@pytest.mark.parametrize(
    "more",
    [
        {"user_code": ""},
        {"user_code": "A\x1b[2J"},
        {"device_code": None},
        {"verification_uri": "javascript:alert(1)"},
        {"verification_uri": "ftp://microsoft.com"},
        {"verification_uri": None},
    ],
)
def test_what_nobody_could_type_in_is_no_code(
    server: Server, more: dict[str, Any]
) -> None:
    server.will(said(**ALLOWED | more))

    with pytest.raises(Unreachable, match="without a code"):
        device.ask(registration(server.url), SCOPES)


@pytest.mark.parametrize(
    ("told", "seconds"), [(None, 5), ("7", 7), ("soon", 5), (0, 1), ("nan", 5)]
)
def test_an_interval_that_makes_no_sense_is_not_taken(
    server: Server, told: object, seconds: float
) -> None:
    server.will(said(**ALLOWED | {"interval": told}))

    assert device.ask(registration(server.url), SCOPES).interval == seconds
