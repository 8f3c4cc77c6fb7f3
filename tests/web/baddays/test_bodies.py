"""What somebody writes instead of a form: refused with a sentence, never a 500."""

from io import BytesIO
from typing import Any

import pytest
from werkzeug.test import TestResponse

from portal.accept import Caller
from portal.errors import NotAllowed
from portal.intake import desk
from portal.sandbox.seeds import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from tests import stored
from tests.trip import ANN
from tests.web.browsing import BASE, JSON, Browser, heading, token, words

FORMS = ("/settings", "/settings/test", "/setup", "/settings/proposal", "/sign-out")
FIELDS = ("sender", "version", "large", "to", "subject", "tenant", "secret", "proposal")
REPORTS = "reports@contoso.example"
NO_ADDRESS = "This is not an e-mail address."


def write(browser: Browser, address: str, **request: Any) -> TestResponse:
    """Post whatever there is, with the token where a script puts it."""
    headers = {
        "X-CSRFToken": token(browser.get("/settings")),
        **request.pop("head", {}),
    }
    return browser.client.post(address, base_url=BASE, headers=headers, **request)


@pytest.mark.parametrize(
    "body",
    [
        *("[1]", '"x"', "5", "null", "{", '{"a": 1e999}', "[" * 5000),
        '{"sender": 5, "version": {}, "to": [], "tenant": {"a": 1}}',
    ],
)
def test_json_is_no_form(ann: Browser, body: str) -> None:
    told = {
        write(ann, form, data=body, content_type=JSON).status_code for form in FORMS
    }

    assert max(told) < 500
    assert stored.rows("pending_change", "connection") == 0


def test_a_file_is_no_text(ann: Browser) -> None:
    told = set()
    for form in FORMS[:4]:
        files = {name: (BytesIO(b"x"), "x.txt") for name in FIELDS}
        told.add(write(ann, form, data=files).status_code)

    assert max(told) < 500
    assert stored.rows("pending_change", "connection") == 0


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"\x00\xff\xfe%%%&&&===", "application/x-www-form-urlencoded"),
        (b"--x\r\nContent-Disposition: form-data\r\n\r\n", "multipart/form-data"),
        (b"--x\r\n" * 3000, "multipart/form-data; boundary=x"),
        (b"a=b&" * 5000, "application/x-www-form-urlencoded"),
        (b"<xml/>", "text/xml; charset=made-up"),
        (b"", ""),
    ],
)
def test_rubbish_is_refused(ann: Browser, body: bytes, kind: str) -> None:
    answer = write(ann, "/settings", data=body, content_type=kind)

    assert 400 <= answer.status_code < 500
    assert answer.mimetype == "text/html"
    assert heading(answer)


@pytest.mark.parametrize("size", [400_000, 600_000, 1_000_001])
def test_a_from_as_long_as_a_book_is_refused(ann: Browser, size: int) -> None:
    answer = ann.post("/settings", {"sender": "x" * size, "version": "1"})

    assert answer.status_code in (413, 422)
    assert stored.rows("pending_change") == 0


@pytest.mark.parametrize(
    "sender",
    [
        "admin@contoso.example\x00",
        "admin\x00@contoso.example",
        "admin@contoso.example\r\nBcc: x@y.example",
        "admin@contoso.example\u2028x",
        "\u202eadmin@contoso.example",  # writes from right to left
        "ad\u200bmin@contoso.example",  # has a space that nobody sees
        "admin@@contoso.example",
        "admin\uff20contoso.example",  # a wide @
        "admin@[127.0.0.1]",
        '"a b"@contoso.example',
        "admin@contoso.example>",
    ],
)
def test_what_only_looks_like_an_address_is_refused(ann: Browser, sender: str) -> None:
    answer = ann.post("/settings", {"sender": sender, "version": "1"})

    assert answer.status_code == 422
    assert NO_ADDRESS in words(answer)
    assert stored.rows("pending_change") == 0


@pytest.mark.parametrize(
    "sender",
    [
        "r\u0435ports@contoso.example",  # the first e is Cyrillic
        "\uff52eports@contoso.example",  # a wide r
        "report\u017f@contoso.example",  # a long s
    ],
)
def test_a_look_alike_never_passes_for_the_mailboxs_own(
    ann: Browser, sender: str
) -> None:
    ann.enable(sender, REPORTS)

    page = ann.get("/settings")
    assert stored.rows("connection") == 0
    assert "Use this account" in page.text


@pytest.mark.parametrize(
    "version", ["0", "2", "-1", "9" * 30, "9" * 5000, "1.0", "x", "1\x00", "٢"]
)
def test_a_version_that_nobody_was_shown_changes_nothing(
    ann: Browser, version: str
) -> None:
    answer = ann.post("/settings", {"sender": ANN, "version": version})

    assert answer.status_code in (409, 422)
    assert stored.rows("pending_change") == 0


def test_an_admin_is_named_only_where_there_is_none(ann: Browser) -> None:
    application = {"tenant": TENANT_ID, "client_id": CLIENT_ID, "secret": CLIENT_SECRET}

    ann.post("/setup", {**application, "admin": "eve@evil.example"}, form_at="/setup")

    assert ann.get("/settings").status_code == 200


def test_a_mail_from_a_look_alike_is_not_from_the_mailbox(ann: Browser) -> None:
    ann.enable(REPORTS, REPORTS)
    mail = b"From: report\xc5\xbf@contoso.example\nTo: jane@example.com\n\nHello"

    with pytest.raises(NotAllowed, match="sends as reports@contoso.example only"):
        desk.take(mail, Caller(name="test"))
