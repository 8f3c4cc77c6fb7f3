"""Microsoft slow, down, or somebody else, and what happens while it is asked."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from portal import clock, config, db
from portal.app import create_app
from portal.mail.outbox import State, records
from portal.sandbox.seeds import CLIENT_SECRET, TENANT_ID
from portal.workspace import accounts, connections, registration, tokens
from portal.workspace.connections import ConnectionRow
from portal.workspace.consent import changes, reset
from tests import stored, trip
from tests.delivery.steps import work
from tests.mail import backlog
from tests.microsoft import scripted
from tests.microsoft.scripted import Server
from tests.relay import Relay
from tests.sandbox.serving import Sandbox
from tests.trip import ANN
from tests.web.baddays.windows import window
from tests.web.browsing import Browser, value, words
from tests.workspace.consent.watching import in_force
from tests.workspace.people import cast

AWAY = "Microsoft does not answer"
NOTHING_CHANGED = "Nothing has changed: mail keeps leaving as before"
PAGE = b"<html><body><h1>Please accept the terms of this network</h1></body></html>"
BEN = "ben@contoso.example"
NOREPLY = "noreply@contoso.example"
OTHER = "3b9e7a10-64d2-4f0b-8c1a-77e2d9b05c66"
REPORTS = "reports@contoso.example"
ANSWERS = [
    *((status, PAGE) for status in (200, 407, 429, 500, 503)),
    *((200, body) for body in (b"", b"[]", b"null", b'"x"', b"{}", b"{", b"\xff")),
    (200, b"[" * 100_000),
    (200, b'{"access_token": "x"' + b" " * 2**20),
]
DOCUMENTS = [
    (200, PAGE),
    (200, b'{"issuer": 5, "keys": 5, "jwks_uri": "http://[evil"}'),
    (200, b'{"keys": [null, {}, {"kid": "x"}, "x"]}'),
    (404, b""),
]


@pytest.fixture
def elsewhere() -> Iterator[Server]:
    """Listen where tokens should never come."""
    with scripted.serve() as server:
        yield server


def fails(browser: Browser) -> str:
    """Try to connect; expect a page with a way on, and nothing else."""
    link = trip.invite()
    before = in_force()

    page = browser.follow(browser.travel(f"/connect/{link}", REPORTS))

    assert page.status_code == 400, words(page)
    assert NOTHING_CHANGED in words(page)
    assert f'href="/connect/{link}"' in page.text
    assert "terms of this network" not in page.text
    assert in_force() == before
    return words(page)


def test_an_answer_that_is_none_can_be_tried_again(
    anybody: Browser, between: Relay
) -> None:
    for answer in ANSWERS:
        between.instead["token"] = answer
        fails(anybody)
    between.instead.clear()

    anybody.travel(f"/connect/{trip.invite()}", REPORTS)

    assert trip.in_force()[1] == REPORTS


@pytest.mark.parametrize("document", ["openid-configuration", "keys"])
def test_a_document_that_is_none_proves_nobody(
    anybody: Browser, between: Relay, document: str
) -> None:
    for answer in DOCUMENTS:
        between.instead[document] = answer
        fails(anybody)
        assert anybody.follow(anybody.sign_in()).status_code == 400

    assert stored.rows("connection", "session") == 0


def test_nobody_waits_longer_for_microsoft_than_a_request_may_take(
    anybody: Browser, between: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, passed = clock.seconds, [0.0]
    monkeypatch.setattr(clock, "seconds", lambda: now() + passed[0])
    between.meanwhile["token"] = lambda: passed.append(passed.pop() + 66)
    between.instead["token"] = (200, b" " * 200_000)  # more than comes at once

    told = fails(anybody)

    assert AWAY in told
    assert passed == [66.0]


def test_a_connection_of_another_application_is_retired_and_the_page_says_so(
    ann: Browser,
) -> None:
    ann.enable(ANN)
    message = backlog.put(backlog.account())
    replace_application()

    signed_out = ann.get("/settings")
    ann.client.set_cookie("session", cast.sign_in(has_role=True))

    assert signed_out.status_code == 303
    page = ann.get("/settings")
    assert "Reconnect needed" in words(page)
    assert "The registered application was replaced" in words(page)
    assert "Sign In" in page.text
    assert backlog.taken() == []
    with db.reading() as session:
        assert records.find(session, message).state == State.HELD


def test_a_token_never_goes_to_another_microsoft(
    ann: Browser, elsewhere: Server, sandbox: Sandbox
) -> None:
    ann.enable(ANN)
    secrets = kept_tokens()
    backlog.put(backlog.account())
    change = ann.enable(NOREPLY, REPORTS)
    back = [
        ann.visit_microsoft(way) for way in (f"/consent/{change}", "/sign-in/start")
    ]
    seen = ann.get("/settings")
    form = {name: value(seen, name) for name in ("change", "proposal")}
    secrets += [parse_qs(urlsplit(address).query)["code"][0] for address in back]

    there = replace(config.current(), login_url=elsewhere.url, graph_url=elsewhere.url)
    config.use(there)
    moved = Browser(create_app(there), sandbox)
    moved.client = window(ann, moved.client.application)
    pages = [moved.follow(moved.get(address)) for address in back]
    moved.client.set_cookie("session", cast.sign_in(has_role=True))
    pages += [moved.post("/settings/proposal", form)]
    work()

    assert [page.status_code for page in pages] == [400, 400, 303]
    assert "The registered application has changed" in words(moved.get("/settings"))
    sent = [
        f"{asked.line}{asked.headers}{asked.body!r}" for asked in elsewhere.requests
    ]
    assert [secret for secret in secrets if secret in "".join(sent)] == []
    assert stored.rows("connection") == 1


def kept_tokens() -> list[str]:
    with db.reading() as session:
        (row,) = session.query(ConnectionRow)
        return [connections.unseal(row, "access"), connections.unseal(row, "refresh")]


def do_reset() -> None:
    with db.session() as session:
        reset.reset(session, accounts.find(session).id, BEN)


def replace_application() -> None:
    with db.session() as session:
        other = registration.application(
            tenant=TENANT_ID, client_id=OTHER, secret=CLIENT_SECRET, certificate=None
        )
        registration.register(session, other, admin=ANN, replace=True)


def discard() -> None:
    with db.session() as session:
        change = changes.pending(session, accounts.find(session).id)
        assert change
        changes.discard(session, change.id, BEN)


def ask_for_another() -> None:
    trip.ask(NOREPLY, by=BEN)


MEANWHILE: dict[str, Callable[[], None]] = {
    "Reset": do_reset,
    "another application": replace_application,
    "discarded": discard,
    "another change": ask_for_another,
}


@pytest.mark.parametrize("what", MEANWHILE)
def test_a_sign_in_does_not_bring_back_what_ended_meanwhile(
    either_ann: Browser, between: Relay, what: str
) -> None:
    change = either_ann.ask(ANN)
    either_ann.travel(f"/consent/{change}")
    between.meanwhile["token"] = MEANWHILE[what]

    page = either_ann.follow(either_ann.travel(f"/consent/{change}"))

    assert page.status_code == 400
    assert "Nothing has changed: mail keeps leaving as before" in words(page)
    assert stored.rows("connection") == 0


def test_a_renewal_does_not_bring_back_the_token_that_reset_erased(
    either_ann: Browser, between: Relay
) -> None:
    either_ann.enable(ANN)
    account = backlog.account()
    tokens.spoil(tokens.current(account))
    between.meanwhile["token"] = do_reset

    tokens.current(account)

    with db.reading() as session:
        (row,) = session.query(ConnectionRow)
    assert row.retired_at
    assert row.sealed_refresh == b""
