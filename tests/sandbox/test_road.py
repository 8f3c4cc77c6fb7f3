"""The whole road, as any client walks it: sign in, get a token, send."""

from urllib.parse import parse_qs, urlencode, urlsplit

from portal.sandbox.seeds import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from tests.sandbox.serving import CALLBACK, Sandbox


def test_who_signs_in_gets_a_token_that_sends(sandbox: Sandbox) -> None:
    ask = {
        "client_id": CLIENT_ID,
        "response_type": "code",
        "redirect_uri": CALLBACK,
        "scope": "openid profile offline_access Mail.Send",
        "state": "s1",
    }
    base = f"{sandbox.url}/{TENANT_ID}/oauth2/v2.0"
    back = sandbox.sign_in(None, f"{base}/authorize?{urlencode(ask)}")
    answer = parse_qs(urlsplit(back).query)
    form = {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "grant_type": "authorization_code",
        "redirect_uri": CALLBACK,
        "code": answer["code"][0],
    }
    tokens = sandbox.session.post(f"{base}/token", data=form).json()
    mail = {
        "message": {
            "subject": "hello",
            "body": {"contentType": "HTML", "content": "<b>hi</b>"},
            "toRecipients": [{"emailAddress": {"address": "jane@example.com"}}],
        }
    }

    sent = sandbox.session.post(
        f"{sandbox.url}/v1.0/me/sendMail",
        json=mail,
        headers={"Authorization": f"Bearer {tokens['access_token']}"},
    )

    assert (sent.status_code, sent.content) == (202, b"")
    assert sandbox.mails("hello")[0]["from"] == "admin@contoso.example"
