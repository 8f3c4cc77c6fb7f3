"""The page of API keys: made, shown once, limited, revoked."""

import json
import logging
import shlex
from dataclasses import replace
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal import config, db
from portal.errors import NotAuthorized
from portal.web.access import example
from portal.web.access.page import Created
from portal.workspace import accounts, audit
from portal.workspace.accounts import Account
from portal.workspace.people import keys
from portal.workspace.people.keys import Key
from portal.workspace.people.limits import NONE, Limits
from tests.trip import ANN
from tests.web.browsing import BASE, Browser, heading, value, words

HOSTILE = "<script>alert(1)</script>\"'><img src=x>"
PORTUGUESE = {"Accept-Language": "pt-BR"}


def post(browser: Browser, address: str = "/keys", **fields: str) -> TestResponse:
    return browser.post(address, fields, form_at="/keys")


def secret_in(page: TestResponse) -> str:
    """Return the secret that a page shows; "" if it shows none."""
    return page.text.partition('id="secret" translate="no">')[2].partition("<")[0]


def every() -> list[Key]:
    with db.reading() as session:
        return keys.every(session)


def make(name: str = "Billing", limits: Limits = NONE) -> tuple[Key, str]:
    with db.session() as session:
        secret = keys.create(session, name, limits)
    with db.reading() as session:
        return keys.check(session, secret), secret


def default() -> Account:
    with db.reading() as session:
        return accounts.find(session)


def audited() -> list[str]:
    """Return what was done to keys, the latest last."""
    with db.reading() as session:
        found = audit.page(session, None, 50)
    return [each.action for each in reversed(found) if "key" in each.action]


def opens(secret: str) -> bool:
    try:
        with db.reading() as session:
            return bool(keys.check(session, secret))
    except NotAuthorized:
        return False


def limits(browser: Browser, key: Key, **fields: str) -> TestResponse:
    """Save limits as the form on their page does."""
    here = f"/keys/{key.id}/limits"
    seen = value(browser.get(here), "seen")
    return post(browser, here, **{"seen": seen, **fields})


def test_the_answer_shows_a_key_that_opens_the_doors(ann: Browser) -> None:
    page = post(ann, name=" Billing ")

    assert page.status_code == 201
    assert opens(secret_in(page))
    assert "The key Billing is made" in words(page)
    assert audited() == ["created key"]


def test_the_secret_is_kept_nowhere(
    ann: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    page = post(ann, name="Billing")

    secret = secret_in(page)
    assert page.headers["Cache-Control"] == "no-store"
    assert page.text.count(secret) == 1
    assert secret not in str(page.headers) + caplog.text
    with ann.client.session_transaction(base_url=BASE) as kept:
        assert secret not in str(dict(kept))
    for elsewhere in ("/keys", "/audit", f"/keys/{every()[0].id}/limits"):
        assert secret[:10] not in ann.get(elsewhere).text
    assert secret not in repr(Created(name="Billing", secret=secret, limits=NONE))


def test_a_page_that_is_loaded_again_makes_no_second_key(ann: Browser) -> None:
    post(ann, name="Billing")

    again = post(ann, name="Billing", per_minute="60")

    assert again.status_code == 422
    assert secret_in(again) == ""
    assert "There is an API key named Billing already." in words(again)
    assert [key.name for key in every()] == ["Billing"]


def test_limits_are_kept_shown_and_audited(ann: Browser) -> None:
    page = post(
        ann,
        name="Billing",
        accounts=str(default().id),
        senders=f"{ANN}, fabrikam.example\n{ANN}",
        per_minute="1,200",
        max_size="2.5",
    )

    [key] = every()
    assert key.limits == Limits(
        accounts=(default().id,),
        senders=(ANN, "@fabrikam.example"),
        per_minute=1200,
        max_size=2_500_000,
    )
    for told in (
        "Account: default",
        f"From: {ANN}, any address @fabrikam.example",
        "1,200 messages a minute",
        "Up to 2.5 MB a message",
    ):
        assert told in words(page)
    assert audited() == [", ".join(["created key", *key.limits.told([default()])])]


WHOLE = "Type a whole number from 1 to 1,000,000, or leave it empty."
SIZE = "Type a number of MB, or leave it empty; the portal takes 200.0 MB at most."


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("name", " ", "Please name the application that will use it."),
        ("name", "x" * 101, "A name has 1 to 100 printable characters."),
        ("name", "a\u202eb", "A name has 1 to 100 printable characters."),
        ("accounts", "5", "This account is not there any more."),
        ("senders", "nobody@", "“nobody@” is neither an address nor a domain."),
        ("senders", HOSTILE, "is neither an address nor a domain."),
        *(("per_minute", typed, WHOLE) for typed in ("0", "-1", "1.5", "x", "9" * 99)),
        *(("max_size", typed, SIZE) for typed in ("0", "2,5", "inf", "1e3", "201")),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_typed_is_lost(
    ann: Browser, field: str, typed: str, told: str
) -> None:
    right = {"name": "Billing", "senders": ANN, "per_minute": "60", "max_size": "2.5"}

    page = post(ann, **{**right, field: typed})

    assert page.status_code == 422
    before, _, after = page.text.partition(f'id="{field}-error"')
    assert told in words(page)
    assert told in after.partition("</p>")[0]
    assert all(kept in before + after for name, kept in right.items() if name != field)
    assert "<img" not in page.text
    assert every() == []


def test_a_number_is_read_as_its_writer_means_it(ann: Browser) -> None:
    form = {"name": "Billing", "max_size": "2,5", "per_minute": "1.200"}

    page = ann.post("/keys", form, form_at="/keys", **PORTUGUESE)

    assert "Copie-a agora" in words(page)
    assert every()[0].limits == Limits(per_minute=1200, max_size=2_500_000)


def test_a_name_cannot_bring_markup(ann: Browser) -> None:
    created = post(ann, name=HOSTILE)
    here = f"/keys/{every()[0].id}"

    for page in (
        created,
        *(ann.get(address) for address in ("/keys", "/audit", f"{here}/limits")),
        ann.get(f"{here}/revocation"),
        ann.follow(post(ann, f"{here}/revocation")),
    ):
        assert "&lt;img src=x&gt;" in page.text
        assert "<img" not in page.text
        assert "<script>" not in page.text


def test_revoking_is_asked_for_with_what_stops_working(ann: Browser) -> None:
    key, secret = make("Billing")

    page = ann.get(f"/keys/{key.id}/revocation")

    assert "Revoke Billing?" in words(page)
    assert "the HTTP API answers 401, the SMTP door 535" in words(page)
    assert "It was never used." in words(page)
    assert opens(secret)


def test_a_revoked_key_opens_nothing_and_is_shown_as_revoked(ann: Browser) -> None:
    key, secret = make("Billing")

    page = ann.follow(post(ann, f"/keys/{key.id}/revocation"))

    assert not opens(secret)
    assert "The key Billing is revoked: it opens nothing." in words(page)
    assert "Revoked" in words(page)
    assert "Active" not in words(page)
    assert f"/keys/{key.id}/revocation" not in page.text
    assert audited() == ["revoked key"]


def test_revoking_twice_is_told_and_audited_once(ann: Browser) -> None:
    key, _ = make("Billing")
    post(ann, f"/keys/{key.id}/revocation")
    [first] = every()

    again = ann.follow(post(ann, f"/keys/{key.id}/revocation"))

    assert "The API key Billing was revoked." in words(again)
    assert every() == [first]
    assert audited() == ["revoked key"]


def test_a_revoked_key_is_not_changed(ann: Browser) -> None:
    key, _ = make("Billing")
    post(ann, f"/keys/{key.id}/revocation")

    answer = post(ann, f"/keys/{key.id}/limits", per_minute="60")

    assert "The API key Billing was revoked." in words(ann.follow(answer))
    assert every()[0].limits == NONE
    for page in ("limits", "revocation"):
        assert ann.get(f"/keys/{key.id}/{page}").headers["Location"] == "/keys"


@pytest.mark.parametrize("page", ["limits", "revocation"])
def test_a_key_that_never_was_is_not_found(ann: Browser, page: str) -> None:
    address = f"/keys/{uuid4()}/{page}"

    assert ann.get(address).status_code == 404
    assert post(ann, address).status_code == 404


def test_limits_are_changed_from_the_next_message_on(ann: Browser) -> None:
    key, _ = make(limits=Limits(per_minute=60, max_size=1_234_567))
    page = ann.get(f"/keys/{key.id}/limits")
    assert (value(page, "per_minute"), value(page, "max_size")) == ("60", "1.234567")

    done = limits(ann, key, senders=ANN)

    assert done.headers["Location"] == "/keys"
    assert every()[0].limits == Limits(senders=(ANN,))
    assert audited() == [f"changed key: from {ANN}"]


def test_saving_what_is_in_force_changes_nothing(ann: Browser) -> None:
    key, _ = make(limits=Limits(per_minute=60))

    limits(ann, key, per_minute="60")

    assert audited() == []


def test_wrong_limits_are_told_and_change_nothing(ann: Browser) -> None:
    key, _ = make(limits=Limits(per_minute=60))

    page = limits(ann, key, per_minute="many", senders=ANN)

    assert page.status_code == 422
    assert heading(page) == "Limits of Billing"
    assert WHOLE in words(page)
    assert ANN in page.text
    assert every() == [key]


def test_who_is_overtaken_is_told_what_is_in_force(ann: Browser) -> None:
    key, _ = make(limits=Limits(per_minute=60))
    seen = value(ann.get(f"/keys/{key.id}/limits"), "seen")
    with db.session() as session:
        keys.limit(session, key.name, Limits(per_minute=5))
    # Not even a slip in between makes the older form look like the newer one.
    slip = post(ann, f"/keys/{key.id}/limits", seen=seen, per_minute="x")

    page = limits(ann, key, per_minute="90", seen=value(slip, "seen"))

    assert page.status_code == 409
    assert "somebody changed this key meanwhile" in words(page)
    assert "In force now: 5 messages a minute." in words(page)
    assert every()[0].limits.per_minute == 5
    assert (
        limits(ann, key, per_minute="90", seen=value(page, "seen")).status_code == 303
    )


def test_an_account_that_is_gone_stays_a_limit_until_it_is_taken_away(
    ann: Browser,
) -> None:
    gone = uuid4()
    key, _ = make(limits=Limits(accounts=(gone,)))

    page = ann.get(f"/keys/{key.id}/limits")
    limits(ann, key, accounts=str(gone), per_minute="60")

    assert f'value="{gone}" checked' in page.text
    assert "an account that is gone" in words(page)
    assert every()[0].limits == Limits(accounts=(gone,), per_minute=60)


def test_the_line_for_curl_sends_as_the_key_may(sender: Browser) -> None:
    page = post(sender, name="Billing", senders=ANN)
    line = example.curl(config.current(), ANN, every()[0].limits, [default()])
    words_of_it = shlex.split(line.replace("$KEY", secret_in(page)))

    answer = sender.client.post(
        words_of_it[2],
        data=words_of_it[-1],
        headers=[each.split(": ") for each in words_of_it if ": " in each][:2],
    )

    assert answer.status_code == 202, answer.text
    assert json.loads(words_of_it[-1])["from"] == ANN
    assert words_of_it[2] == f"{BASE}/api/v1/messages"


def test_the_settings_for_mail_servers_are_those_of_the_doors(portal: Flask) -> None:
    here = config.current()
    public = replace(
        here,
        base_url="https://portal.example",
        smtp_bind=config.Bind("0.0.0.0", 587),
        smtp_certificate="door.pem",
        smtps_bind=config.Bind("::", 465),
    )

    assert example.doors(here) == [("127.0.0.1", 2525, "none; from this machine only")]
    assert example.doors(public) == [
        ("portal.example", 587, "STARTTLS"),
        ("portal.example", 465, "TLS from the beginning"),
    ]
