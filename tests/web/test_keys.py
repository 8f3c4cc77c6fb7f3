"""The page of API keys: made, shown once, and kept nowhere."""

import json
import logging
import shlex
from dataclasses import replace

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal import config
from portal.web.access import example
from portal.web.access.page import Created
from portal.workspace.people.limits import NONE
from tests.trip import ANN
from tests.web.browsing import BASE, Browser, words
from tests.web.keys import (
    HOSTILE,
    audited,
    default,
    every,
    opens,
    post,
)


def secret_in(page: TestResponse) -> str:
    """Return the secret that a page shows; "" if it shows none."""
    return page.text.partition('id="secret" translate="no">')[2].partition("<")[0]


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
