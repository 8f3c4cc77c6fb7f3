"""App registration: by a one-time link or an admin; proven before it is kept."""

from dataclasses import replace

import pytest
from flask import Flask

from portal import config, db, vault
from portal.app import create_app
from portal.config import Config
from portal.sandbox.seeds import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from portal.workspace import registration
from portal.workspace.people import roles, setup_links
from portal.workspace.registration.credentials import CredentialRow, Slot
from tests import stored, trip
from tests.conftest import Passing
from tests.microsoft import certificates
from tests.sandbox.serving import Sandbox, serve
from tests.trip import ANN
from tests.web.browsing import Browser, heading, value, words
from tests.web.registering import OTHER, TYPED, save


@pytest.fixture
def newcomer(house: Config, sandbox: Sandbox) -> Browser:
    """Open a browser at a portal that nobody has registered yet."""
    chosen = replace(house, login_url=sandbox.url, graph_url=sandbox.url)
    config.use(chosen)
    return Browser(create_app(chosen), sandbox)


@pytest.fixture
def holder(newcomer: Browser) -> Browser:
    """Hold a one-time link, and open it."""
    answer = newcomer.get(f"/setup/{make_link()}")
    assert answer.headers["Location"] == "/setup"
    return newcomer


def make_link() -> str:
    with db.session() as session:
        return setup_links.make(session)


def registered() -> tuple[str, str] | None:
    with db.reading() as session:
        found = registration.current(session)
    return (found.tenant, found.client_id) if found else None


def test_a_one_time_link_leads_to_the_form_and_out_of_the_address(
    newcomer: Browser,
) -> None:
    answer = newcomer.get(f"/setup/{make_link()}")
    page = newcomer.follow(answer)

    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert answer.status_code == 303
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= {*cookie.split("; ")}
    assert heading(page) == "App registration"
    assert 'value="http://localhost:5000/callback"' in page.text


def test_the_form_leads_to_the_entra_of_its_cloud(holder: Browser) -> None:
    page = holder.get("/setup")

    assert 'href="https://entra.microsoft.com"' in page.text
    assert "entra.microsoft.com › App registrations" in words(page)


def test_what_is_proven_is_kept_and_the_link_is_used_up(holder: Browser) -> None:
    answer = save(holder)
    page = holder.follow(answer)

    assert registered() == (TENANT_ID, CLIENT_ID)
    assert "Changes have been saved!" in words(page)
    assert holder.get("/setup").headers["Location"] == "/sign-in?next=/setup"
    assert holder.sign_in().headers["Location"] == "/settings"
    with db.reading() as session:
        assert roles.admins(session) == (ANN,)


def test_a_certificate_serves_as_well(house: Config) -> None:
    own = certificates.self_signed()
    pem = (own.certificate + own.key).decode()
    with serve(certificate=own.certificate) as sandbox:
        chosen = replace(house, login_url=sandbox.url, graph_url=sandbox.url)
        config.use(chosen)
        browser = Browser(create_app(chosen), sandbox)
        browser.get(f"/setup/{make_link()}")

        save(browser, secret="", certificate=pem)

    assert registered() == (TENANT_ID, CLIENT_ID)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"tenant": ""}, "Please give the Directory (Tenant) ID."),
        ({"tenant": "nowhere.example"}, "organization"),
        ({"tenant": "common"}, "This names no single organization."),
        ({"client_id": "portal"}, "This is no ID"),
        ({"client_id": OTHER}, "application"),
        ({"secret": OTHER}, "That looks like the Secret ID."),
        ({"secret": "wrong"}, "secret"),
        ({"secret": ""}, "either a secret or a certificate"),
        ({"certificate": "PEM"}, "either a secret or a certificate"),
        ({"secret": "", "certificate": "PEM"}, "The certificate cannot be used"),
        ({"admin": ""}, "Please name who may open these pages first."),
        ({"admin": "Ann"}, "This is not an e-mail address."),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_kept(
    holder: Browser, changed: dict[str, str], sentence: str
) -> None:
    answer = save(holder, **changed)

    assert answer.status_code == 422
    assert sentence in words(answer)
    assert CLIENT_SECRET not in answer.text
    assert registered() is None
    assert heading(holder.get("/setup")) == "App registration"


def test_what_microsoft_said_of_it_is_shown_folded(holder: Browser) -> None:
    page = save(holder, secret="wrong").text

    _, _, folded = page.partition('<details class="raw">')
    assert "What the other side said" in folded
    assert "401 · AADSTS7000215\nAADSTS7000215: Invalid client secret" in folded


def test_without_microsoft_nothing_is_kept_and_the_link_still_serves(
    holder: Browser,
) -> None:
    holder.sandbox.fault("token-down")

    answer = save(holder, tenant=TENANT_ID)
    kept = registered()

    assert answer.status_code == 422
    assert "Nothing was kept. Please try again in a moment." in words(answer)
    assert kept is None
    assert save(holder).status_code == 303


@pytest.mark.parametrize("link", ["used", "old", "x", "%00", "a" * 3000])
def test_a_link_that_has_ended_opens_nothing(
    newcomer: Browser, passes: Passing, link: str
) -> None:
    if link in ("used", "old"):
        kind, link = link, make_link()
        if kind == "used":
            with db.session() as session:
                setup_links.use(session, link)
        passes(minutes=61 if kind == "old" else 0)

    page = newcomer.get(f"/setup/{link}")

    assert page.status_code == 404
    assert newcomer.get("/setup").status_code == 303


def test_two_who_opened_the_same_link_cannot_both_use_it(
    holder: Browser, newcomer: Browser
) -> None:
    page = holder.get("/setup")
    with db.session() as session:
        setup_links.end(session)

    answer = holder.client.post(
        "/setup",
        base_url="http://localhost:5000",
        data=TYPED | {"csrf_token": value(page, "csrf_token")},
    )

    assert answer.status_code == 303
    assert registered() is None


def test_an_admin_replaces_a_secret_and_nothing_is_interrupted(ann: Browser) -> None:
    ann.enable(ANN)
    page = ann.get("/setup")

    answer = save(ann, tenant=TENANT_ID)

    assert value(page, "tenant") == TENANT_ID
    assert value(page, "client_id") == CLIENT_ID
    assert CLIENT_SECRET not in page.text
    assert heading(ann.follow(answer)) == "Tenant Settings"
    assert trip.in_force()[1] == ANN


def test_whoever_came_by_the_role_is_asked_for_no_admin(newcomer: Browser) -> None:
    trip.register()
    newcomer.sandbox.fault("app-role", user=ANN)
    newcomer.sign_in()

    page = newcomer.get("/setup")
    answer = save(newcomer, tenant=TENANT_ID, admin="")

    assert "E-mail address of the first admin" not in words(page)
    assert answer.headers["Location"] == "/settings"


@pytest.mark.parametrize("admin", ["", ANN])
def test_a_link_may_name_an_admin_where_the_role_may_let_them_in(
    holder: Browser, admin: str
) -> None:
    trip.register()

    page = holder.get("/setup")
    answer = save(holder, tenant=TENANT_ID, admin=admin)

    assert "whoever has the app role Portal.Admin in Entra" in words(page)
    assert answer.headers["Location"] == "/settings"
    with db.reading() as session:
        assert roles.admins(session) == ((admin,) if admin else ())


def test_what_was_connected_with_another_application_is_connected_no_more(
    ann: Browser, house: Config
) -> None:
    ann.enable(ANN)
    with serve() as other:
        config.use(replace(config.current(), login_url=other.url))
        browser = Browser(create_app(config.current()), other)
        browser.get(f"/setup/{make_link()}")

        page = browser.follow(save(browser))

    assert "The mailbox has to be connected again; its mail is held." in words(page)
    assert ann.get("/settings").status_code == 303


def test_what_the_environment_names_is_shown_and_stays(
    portal: Flask, sandbox: Sandbox
) -> None:
    config.use(
        replace(
            config.current(),
            tenant_id=TENANT_ID,
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            admins=(ANN,),
        )
    )
    browser = Browser(portal, sandbox)
    browser.sign_in()

    page, answer = browser.get("/setup"), save(browser, client_id=OTHER)

    assert "Set by the environment" in words(page)
    assert "readonly" in page.text
    assert answer.status_code == 409
    assert registered() == (TENANT_ID, CLIENT_ID)


def test_nobody_else_sees_the_form(newcomer: Browser) -> None:
    assert newcomer.get("/setup").headers["Location"] == "/sign-in?next=/setup"
    assert stored.rows("registration") == 0


def test_what_breaks_while_it_is_saved_is_told_as_such(ann: Browser) -> None:
    token = value(ann.get("/setup"), "csrf_token")
    with db.session() as session:
        row = session.get_one(CredentialRow, Slot.IN_USE)
        row.sealed = vault.seal(b"\xff", row.kind)  # no text at all

    answer = ann.client.post(
        "/setup",
        base_url="http://localhost:5000",
        data=TYPED | {"tenant": TENANT_ID, "csrf_token": token},
    )

    assert answer.status_code == 500
    assert "Cannot execute command! An error occurred!" in words(answer)
    assert "Something broke on our side." in words(answer)
