"""What the token endpoint answers, in every spelling, and what is no answer."""

import json
from datetime import timedelta
from typing import Any

import pytest

from portal import clock
from portal.errors import Answer
from portal.issuer.grant import Grant
from portal.issuer.refusals import (
    CredentialRefused,
    LoginRefused,
    ReconnectNeeded,
    Unreachable,
)
from portal.microsoft import login
from tests.microsoft.cast import registration
from tests.microsoft.scripted import Server, reply


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

    assert error.value.answer == Answer(status=400)


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
