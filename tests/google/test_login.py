"""What Google's sign-in is asked, and what its answers and errors mean."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from portal.errors import Answer, IssuerError
from portal.explanations import network
from portal.explanations.google import sign_in
from portal.google import login, refusals
from portal.google.login import Client
from portal.issuer.refusals import (
    CredentialRefused,
    LoginRefused,
    ReconnectNeeded,
    Unreachable,
)
from tests.microsoft.scripted import Server, reply, reset, serve

MAIL = "https://mail.google.com/"
SCOPES = frozenset({MAIL, "openid", "email"})


@pytest.fixture
def server() -> Iterator[Server]:
    """Serve a Google that says what it is told, once it has said where it is."""
    with serve() as served:
        places = {
            "authorization_endpoint": "https://accounts.example/auth",
            "token_endpoint": f"{served.url}/token",
        }
        served.will(reply(200, json.dumps(places).encode()))
        yield served


@pytest.fixture
def client(server: Server) -> Client:
    return Client(
        client_id="ours",
        secret="geheim",
        url=server.url,
        redirect_uri="https://mail.example/callback/google",
    )


def answer(**more: Any) -> bytes:
    told = {"access_token": "ya29.x", "expires_in": 3599, **more}
    return json.dumps(told).encode()


def form(server: Server) -> dict[str, str]:
    asked = parse_qs(server.requests[-1].body.decode())
    return {name: value for name, [value] in asked.items()}


def refusal(server: Server, client: Client, *steps: Any) -> IssuerError:
    server.will(*steps)
    with pytest.raises(IssuerError) as refused:
        login.renew(client, "1//x", SCOPES)
    return refused.value


def test_a_browser_is_sent_where_google_says(client: Client) -> None:
    there = login.authorize_url(
        client, state="s", nonce="n", verifier="v" * 43, scopes=SCOPES
    )

    query = parse_qs(urlsplit(there).query)
    assert there.startswith("https://accounts.example/auth?")
    assert query["access_type"] == ["offline"]
    assert "consent" in query["prompt"][0].split()
    assert query["scope"] == [f"email {MAIL} openid"]
    assert "v" * 43 not in there


def test_a_code_is_redeemed_with_its_verifier(server: Server, client: Client) -> None:
    server.will(reply(200, answer(refresh_token="1//x", scope=f"{MAIL} openid")))

    grant = login.redeem(client, code="4/c", verifier="v", scopes=SCOPES)

    assert grant.refresh_token == "1//x"
    assert grant.scopes == {MAIL, "openid"}
    assert form(server) == {
        "grant_type": "authorization_code",
        "code": "4/c",
        "redirect_uri": "https://mail.example/callback/google",
        "code_verifier": "v",
        "client_id": "ours",
        "client_secret": "geheim",
    }


def test_scopes_have_the_names_they_were_asked_for_by(
    server: Server, client: Client
) -> None:
    spelled = f"{MAIL} https://www.googleapis.com/auth/userinfo.email"
    server.will(reply(200, answer(scope=spelled)))

    grant = login.renew(client, "1//x", SCOPES)

    assert grant.scopes == {MAIL, "email"}
    assert grant.refresh_token is None


@pytest.mark.parametrize(
    ("error", "kind", "row"),
    [
        ("invalid_grant", ReconnectNeeded, sign_in.REVOKED),
        ("invalid_client", CredentialRefused, sign_in.CREDENTIAL_REFUSED),
        ("unauthorized_client", CredentialRefused, sign_in.NOT_AUTHORIZED),
        ("deleted_client", CredentialRefused, sign_in.CLIENT_DELETED),
        ("admin_policy_enforced", LoginRefused, sign_in.NOT_TRUSTED),
        ("org_internal", LoginRefused, sign_in.OTHER_ORGANIZATION),
        ("something_new", LoginRefused, sign_in.REFUSED),
    ],
)
def test_each_error_says_who_has_to_act(
    server: Server, client: Client, error: str, kind: type[LoginRefused], row: Any
) -> None:
    words = "Token has been expired."
    told = json.dumps({"error": error, "error_description": words}).encode()

    refused = refusal(server, client, reply(400, told))

    assert (type(refused), refused.cause) == (kind, row.name)
    assert refused.answer == Answer(status=400, code=error, text=words)


def test_a_secret_that_google_repeats_is_left_out(
    server: Server, client: Client
) -> None:
    told = {"error": "1//x", "error_description": "No: geheim, 1//x, ours."}

    refused = refusal(server, client, reply(400, json.dumps(told).encode()))

    assert refused.answer == Answer(status=400, text="No: …, …, ours.")


def test_what_gives_no_reason_is_not_taken_for_google(
    server: Server, client: Client
) -> None:
    refused = refusal(server, client, reply(403, b"<html>A proxy</html>"))

    assert (type(refused), refused.cause) == (LoginRefused, network.NOT_SIGN_IN.name)


def test_a_callback_keeps_what_google_said() -> None:
    refused = refusals.returned("access_denied", "The user\r\nsaid no.")

    assert refused.answer == Answer(code="access_denied", text="The user said no.")
    assert refused.cause == sign_in.DECLINED.name


def test_a_google_that_is_away_passes(server: Server, client: Client) -> None:
    refused = refusal(server, client, reply(503, b"", Retry_After="7"))

    assert isinstance(refused, Unreachable)
    assert (refused.passing, refused.after) == (True, timedelta(seconds=7))


def test_a_connection_that_breaks_passes(server: Server, client: Client) -> None:
    refused = refusal(server, client, reset())

    assert isinstance(refused, Unreachable)
    assert refused.cause


def test_an_answer_without_a_token_is_none(server: Server, client: Client) -> None:
    refused = refusal(server, client, reply(200, b'{"scope": "openid"}'))

    assert isinstance(refused, Unreachable)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("access_denied", LoginRefused),
        ("temporarily_unavailable", Unreachable),
        ("", LoginRefused),
    ],
)
def test_a_callback_says_what_it_means(error: str, kind: type[IssuerError]) -> None:
    assert type(refusals.returned(error, "<script>")) is kind
