"""No secret in what is logged, shown or led to, on good days and on bad ones."""

import logging
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from gunicorn.config import Config as Settings  # type: ignore[import-untyped]

from portal import db, vault
from portal.logs.forms import Json, Text
from portal.sandbox.seeds import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from portal.serve import Log
from portal.workspace.consent import changes, connect, trips
from portal.workspace.consent.trips import Callback, Purpose, Way
from portal.workspace.registration.credentials import CredentialRow, Slot
from tests import trip
from tests.mail import backlog
from tests.microsoft.scripted import serve
from tests.relay import Answer, Relay
from tests.sandbox.serving import Sandbox
from tests.trip import ANN
from tests.web.baddays.sweeping import Road, spellings
from tests.web.browsing import Browser
from tests.workspace.consent.watching import with_

REPORTS = "reports@contoso.example"
FORMS = (Text("web"), Json("web"))
SPOKEN = ("access_token", "refresh_token", "id_token")


class Eavesdropper:
    """Remembers every secret that came by, and all that was said and shown."""

    def __init__(self, between: Relay, browser: Browser) -> None:
        self.secrets = {CLIENT_SECRET}
        self.heard = ""
        self.browser = browser
        between.edit = self.remember

    def remember(self, answer: Answer) -> Answer:
        self.secrets |= {str(answer[name]) for name in SPOKEN if answer.get(name)}
        return answer

    def travel(self, way: str, as_: str = ANN, **claims: str) -> None:
        """Go on a trip; all but the address to Microsoft and back is listened to."""
        back = self.browser.visit_microsoft(way, as_)
        query = parse_qs(urlsplit(back).query)
        self.secrets |= {query[name][0] for name in ("code", "state") if name in query}
        self.listen(with_(back, **claims))
        self.listen(back)

    def listen(self, address: str) -> None:
        answer = self.browser.get(address)
        page = self.browser.follow(answer)
        self.heard += f"{answer.headers}{answer.text}{page.headers}{page.text}"

    def leaked(self, log: str) -> list[str]:
        """Return what was told of secrets, however it is spelled."""
        told, known = self.heard + log, self.secrets
        return [word for each in known for word in spellings(each) if word in told]


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Hear all that our own and the server's loggers say, as nobody lets them."""
    for name in ("portal", "gunicorn", "werkzeug", "flask", "sqlalchemy", "authlib"):
        caplog.set_level(logging.DEBUG if name != "sqlalchemy" else 20, logger=name)
    return caplog


def test_whatever_happens_no_secret_is_told(
    ann: Browser, between: Relay, log: pytest.LogCaptureFixture
) -> None:
    ear = Eavesdropper(between, ann)
    change = ann.ask(ANN)

    ear.travel(f"/consent/{change}")
    ear.travel(f"/consent/{change}", REPORTS)
    ear.travel("/sign-in/start")
    ear.travel(f"/connect/{trip.invite()}", REPORTS, code="made-up")
    ear.travel(f"/connect/{trip.invite()}", REPORTS, error="access_denied")
    for body in (b"<html>", b'{"access_token": "x\\r\\ny"}', b"{"):
        between.instead["token"] = (200, body)
        ear.travel(f"/connect/{trip.invite()}", REPORTS)
    for path in ("/settings", "/setup", "/settings/test", "/sign-in", "/trips/over"):
        ear.listen(path)

    assert len(ear.secrets) > 12
    assert ear.leaked(log.text) == []


def test_a_road_on_which_everything_fails_tells_no_secret(
    ann: Browser,
    portal: Flask,
    between: Relay,
    sandbox: Sandbox,
    log: pytest.LogCaptureFixture,
) -> None:
    ear = Eavesdropper(between, ann)
    change = ann.enable(ANN)
    with serve() as receiver:
        road = Road(ann, receiver)
        failed = road.fail(sandbox)
        ids = {"change_id": change, "message_id": failed, **road.ids}

        ear.heard = road.hear(portal, {**ids, "account_id": backlog.account()})

    ear.secrets |= road.secrets
    lines = [form.format(each) for each in log.records for form in FORMS]
    assert ear.leaked("".join([log.text, *lines])) == []
    for told in ("ErrorInvalidRecipients", "account-held", "127.0.0.1 answered 404"):
        assert told in ear.heard


@pytest.mark.parametrize(
    "said",
    [
        "<p>a &amp; b</p>",
        "?next=a%20%26%20b",
        "?next=a+%26+b",
        '"YSAmIGI="',
        "Basic IGEgJiBi",
        "xxBhICYgYg==",
    ],
)
def test_a_secret_is_known_in_other_clothes(said: str) -> None:
    assert any(word in said for word in spellings("a & b"))


def test_not_even_where_something_of_ours_breaks(
    anybody: Browser, portal: Flask, between: Relay, log: pytest.LogCaptureFixture
) -> None:
    portal.config["PROPAGATE_EXCEPTIONS"] = False
    ear = Eavesdropper(between, anybody)
    link = trip.invite()
    back = anybody.visit_microsoft(f"/connect/{link}", REPORTS)
    query = parse_qs(urlsplit(back).query)
    ear.secrets |= {link, query["code"][0], query["state"][0]}
    with db.session() as session:
        row = session.get_one(CredentialRow, Slot.IN_USE)
        row.sealed = vault.seal(b"\xff", row.kind)  # no text at all

    ear.listen(back)
    ear.listen(f"/connect/{link}")

    assert "Exception on /callback [GET]" in log.text
    assert "Exception on /connect/<link> [GET]" in log.text
    assert "Something broke on our side" in ear.heard
    assert ear.leaked(log.text) == []


def test_the_server_names_no_address_at_which_something_broke(
    log: pytest.LogCaptureFixture,
) -> None:
    server = Log(Settings())

    try:
        raise ValueError("It broke.")
    except ValueError:
        asked = ("GET", "/callback?code=geheim")
        server.exception("Error handling request %s %s", *asked)

    assert "Error handling request" in log.text
    assert "It broke." in log.text
    assert "geheim" not in log.text


def test_what_carries_a_secret_does_not_show_it(ann: Browser) -> None:
    change = ann.ask(ANN)
    with db.session() as session:
        found = changes.find(session, change)
        ticket = trips.begin(session, Purpose.CONNECT, Way.LINK, "the mark")
        departure = connect.depart(session, found, "the mark", Way.LINK)
    there = departure()
    at = ticket.issuer.redirect_uri
    brought = Callback(state=ticket.state, browser="the mark", at=at, code="the code")
    with db.session() as session:
        redeemed = trips.redeem(session, brought)

    told = repr((found, ticket, brought, redeemed))

    secrets = [found.link, found.approval_link, ticket.state, ticket.nonce]
    secrets += [ticket.verifier, "the mark", "the code", CLIENT_SECRET]
    assert [secret for secret in secrets if secret in told] == []
    assert ticket.verifier not in there


def test_a_secret_that_was_typed_does_not_come_back(
    ann: Browser, log: pytest.LogCaptureFixture
) -> None:
    typed = {"tenant": TENANT_ID, "client_id": CLIENT_ID}
    pem = "-----BEGIN PRIVATE KEY-----\ngeheim\n-----END PRIVATE KEY-----"

    pages = [
        ann.post("/setup", {**typed, **credential}, form_at="/setup")
        for credential in (
            {"secret": "geheim~wrong"},
            {"certificate": pem},
            {"secret": "geheim~wrong", "certificate": pem},
            {"secret": "geheim~wrong", "tenant": "nowhere.example"},
        )
    ]

    assert {page.status_code for page in pages} == {422}
    assert "geheim" not in log.text + "".join(page.text for page in pages)
