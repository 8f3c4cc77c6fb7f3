"""Every page: its banner, its policy, its one heading; and what a mail looks like."""

import re
from html import unescape

import pytest

from portal.sandbox.google.people import CLIENT_SECRET
from portal.sandbox.seeds import PASSWORD
from tests.sandbox.serving import Sandbox
from tests.sandbox.walking import (
    ADMIN,
    NOREPLY,
    REPORTS,
    SHARED,
    answer_of,
    approval_url,
    authorize_url,
    from_,
    send,
    tokens,
)

BANNER = (
    "This is not Microsoft, and not Google. It plays both on this machine, and no mail"
)
ATTACHMENT = {
    "@odata.type": "#microsoft.graph.fileAttachment",
    "name": "a.txt",
    "contentBytes": "aGVsbG8=",
}


def page(sandbox: Sandbox, path: str) -> str:
    """Return a page."""
    url = path if path.startswith("http") else f"{sandbox.url}{path}"
    answer = sandbox.session.get(url, timeout=9)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert "frame-ancestors 'none'" in policy
    return answer.text


@pytest.fixture
def mail(sandbox: Sandbox) -> str:
    """Send a mail with HTML and a file; return its id."""
    token = tokens(sandbox, REPORTS, SHARED)["access_token"]
    letter = {
        "subject": "<b>plans</b>",
        "body": {"contentType": "html", "content": "<h1>Hi</h1>"},
        "attachments": [ATTACHMENT],
        **from_(NOREPLY),
    }
    send(sandbox, token, letter=letter)
    return str(sandbox.mails()[0]["id"])


def test_every_page_is_plain_and_says_what_it_is(sandbox: Sandbox, mail: str) -> None:
    paths = ["/", "/?tenant=fabrikam.example", "/accounts", "/faults", f"/mails/{mail}"]
    paths += [authorize_url(sandbox), approval_url(sandbox), "/nowhere"]
    paths += [authorize_url(sandbox, redirect_uri="http://evil.example")]

    for path in paths:
        text = page(sandbox, path)
        assert BANNER in text, path
        assert len(re.findall("<h1>", text)) == 1, path
        assert re.search(r"<title>.+ · Sandbox</title>", text), path
        assert "<script" not in text, path
        assert "style=" not in text, path


def test_a_mail_tells_its_story(sandbox: Sandbox, mail: str) -> None:
    text = page(sandbox, f"/mails/{mail}")

    assert "&lt;b&gt;plans&lt;/b&gt;" in text
    assert f"<dd>{NOREPLY}</dd>" in text
    assert f"<dd>{REPORTS} (Send As)</dd>" in text
    assert "<dd>POST /v1.0/me/sendMail, 202</dd>" in text
    assert "<iframe sandbox " in text


def test_a_mails_html_is_shut_off(sandbox: Sandbox, mail: str) -> None:
    answer = sandbox.session.get(f"{sandbox.url}/mails/{mail}/html", timeout=9)

    assert answer.text.strip() == "<h1>Hi</h1>"
    assert " sandbox;" in answer.headers["Content-Security-Policy"]


def test_the_views_of_a_mail(sandbox: Sandbox, mail: str) -> None:
    source = page(sandbox, f"/mails/{mail}?view=source")
    files = page(sandbox, f"/mails/{mail}?view=attachments")

    assert "Content-Type: multipart/mixed" in source
    assert ">a.txt</a>" in files


def test_a_file_is_handed_out_and_never_shown(sandbox: Sandbox, mail: str) -> None:
    base = f"{sandbox.url}/mails/{mail}/attachments"
    answer = sandbox.session.get(f"{base}/0", timeout=9)

    assert answer.content == b"hello"
    assert answer.headers["Content-Disposition"] == "attachment; filename=a.txt"
    assert sandbox.session.get(f"{base}/1", timeout=9).status_code == 404


def test_the_accounts_say_what_each_may(sandbox: Sandbox) -> None:
    text = page(sandbox, "/accounts")

    assert f"{ADMIN}<br>" in text
    assert "Send As on team@contoso.example" in text
    assert "pat@fabrikam.example" in text


def test_the_accounts_say_with_what_one_signs_in_elsewhere(sandbox: Sandbox) -> None:
    text = page(sandbox, "/accounts")

    assert "dana@northwind.example" in text
    assert CLIENT_SECRET in text
    assert PASSWORD in text


def test_an_administrator_grants_the_application_by_a_link(sandbox: Sandbox) -> None:
    [link] = re.findall(r'href="([^"]*/adminconsent[^"]*)"', page(sandbox, "/accounts"))

    back = sandbox.sign_in(None, sandbox.url + unescape(link))

    assert answer_of(back)["admin_consent"] == "True"
    assert answer_of(back)["scope"] == "https://graph.microsoft.com/.default"


def test_the_accounts_say_what_was_given_and_withdrawn(sandbox: Sandbox) -> None:
    sandbox.fault("send-as-given", user=REPORTS)
    assert "Send As on admin@contoso.example" in page(sandbox, "/accounts")

    sandbox.fault("send-as-withdrawn")
    assert "Send As on" not in page(sandbox, "/accounts")


def test_a_button_places_a_fault_and_another_clears(sandbox: Sandbox) -> None:
    form = {"kind": "503", "times": "2", "seconds": "7", "user": ADMIN}
    sandbox.session.post(f"{sandbox.url}/faults", data=form, timeout=9)

    token = tokens(sandbox)["access_token"]
    assert send(sandbox, token).headers["Retry-After"] == "7.0"
    assert "503 Service Unavailable, 1 more" in page(sandbox, "/faults")
    sandbox.session.post(f"{sandbox.url}/faults/cleared", timeout=9)
    assert send(sandbox, token).status_code == 202


def test_the_page_says_which_faults_were_met(sandbox: Sandbox) -> None:
    token = tokens(sandbox)["access_token"]
    for kind in ("429", "503"):
        sandbox.fault(kind)
    sandbox.fault("throttle", limit=1)

    send(sandbox, token)

    assert sandbox.met() == {"429"}
    assert "429 Too Many Requests: 1" in page(sandbox, "/faults")
    sandbox.clear()
    assert sandbox.met() == set()


def test_a_button_places_a_fault_for_some_requests_only(sandbox: Sandbox) -> None:
    form = {"kind": "503", "times": "1", "seconds": "", "only": "PUT "}
    sandbox.session.post(f"{sandbox.url}/faults", data=form, timeout=9)

    assert send(sandbox, tokens(sandbox)["access_token"]).status_code == 202
    assert "503 Service Unavailable, only PUT , 1 more" in page(sandbox, "/faults")


def test_the_page_says_to_whom_something_was_given(sandbox: Sandbox) -> None:
    sandbox.fault("app-role", user=ADMIN)

    assert f"the role Portal.Admin: {ADMIN}, until cleared" in page(sandbox, "/faults")


def test_every_fault_has_a_button_that_works(sandbox: Sandbox) -> None:
    kinds = re.findall(r'name="kind" value="([^"]+)"', page(sandbox, "/faults"))

    for kind in kinds:
        form = {"kind": kind, "times": "0", "seconds": "", "user": "alex@x.example"}
        answer = sandbox.session.post(f"{sandbox.url}/faults", data=form, timeout=9)
        assert answer.ok, kind
    assert "until cleared" in page(sandbox, "/faults")
    assert len(kinds) == 58
