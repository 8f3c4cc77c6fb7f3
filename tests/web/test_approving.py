"""A change that waits for approval: where it is said, and who learns what."""

import pytest

from portal import db
from portal.sandbox.seeds import TENANT_ID
from portal.workspace import accounts
from portal.workspace.accounts import servers
from portal.workspace.consent import approval, changes
from portal.workspace.people.roles import AdminRow
from tests import stored
from tests.sandbox.serving import Sandbox
from tests.trip import ANN
from tests.web.browsing import BASE, Browser, words

REPORTS = "reports@contoso.example"
ALEX = "alex@contoso.example"
WAITING = "Waiting for admin approval"
COPY = "Copy approval link for your admin"
HOW = {
    False: "Your administrator has approved. Now the mailbox signs in",
    True: "Your email has been verified. Authorization complete!",
}


@pytest.fixture
def refused(ann: Browser) -> changes.Change:
    """Ask for a change that Microsoft wants approved by somebody else."""
    change_id = ann.ask(REPORTS)
    ann.travel(f"/consent/{change_id}", ALEX, "cancel")
    with db.reading() as session:
        return changes.find(session, change_id)


def standing() -> str:
    with db.reading() as session:
        return f"{BASE}/approve/{approval.link(session)}"


@pytest.mark.parametrize("address", ["/settings", "/setup"])
def test_an_admin_sees_what_waits_and_both_links(
    ann: Browser, refused: changes.Change, address: str
) -> None:
    page = ann.get(address)

    assert WAITING in words(page)
    assert COPY in words(page)
    assert "<details" not in page.text.partition(COPY)[0].rpartition("<h2")[2]


def test_the_setup_page_gives_an_admin_the_connection_link(
    ann: Browser, refused: changes.Change
) -> None:
    page = ann.get("/setup")

    assert f"{BASE}/connect/{refused.link}" in page.text
    assert standing() in page.text


def test_what_waits_is_told_whichever_account_is_the_default(
    anybody: Browser, refused: changes.Change
) -> None:
    with db.session() as session:
        relay = accounts.add_smtp(session, "relay", [REPORTS], servers.HERE, by=ANN)
        accounts.make_default(session, relay)

    assert WAITING in words(anybody.get("/sign-in"))


def test_who_only_signs_in_gets_the_standing_link_and_no_other(
    anybody: Browser, refused: changes.Change
) -> None:
    page = anybody.get("/sign-in")

    assert WAITING in words(page)
    assert standing() in page.text
    assert "<details" not in page.text
    assert refused.link not in page.text
    assert refused.approval_link not in page.text


def test_nothing_waits_where_nobody_asked(ann: Browser, anybody: Browser) -> None:
    pages = [ann.get("/setup"), anybody.get("/sign-in")]

    assert all(WAITING not in words(page) for page in pages)
    assert all(standing() in page.text for page in pages)
    assert all("/connect/" not in page.text for page in pages)


def test_a_sign_in_that_needs_approval_says_so(
    anybody: Browser, sandbox: Sandbox
) -> None:
    sandbox.fault("user-consent-off")

    page = anybody.follow(anybody.travel("/sign-in/start", ALEX, "wall"))

    assert WAITING in words(page)
    assert standing() in page.text
    assert "Try again" in words(page)


def test_what_is_over_may_be_tried_again(ann: Browser, anybody: Browser) -> None:
    signed_in, other = ann.get("/trips/over"), anybody.get("/trips/over")

    assert 'href="/settings">Try again' in signed_in.text
    assert 'href="/sign-in">Try again' in other.text


def test_who_has_an_admins_address_is_not_told_to_list_it(anybody: Browser) -> None:
    with db.session() as session:
        session.add(AdminRow(tid=TENANT_ID, address=ANN, oid="who came first"))

    page = anybody.follow(anybody.sign_in(ANN))

    assert page.status_code == 403
    assert "another address of yours goes into PORTAL_ADMINS" in words(page)
    assert "or your account gets" not in words(page)


@pytest.mark.parametrize("ends", HOW)
def test_an_approval_that_is_loaded_again_shows_how_the_change_stands(
    ann: Browser, *, ends: bool
) -> None:
    change = ann.ask(ANN)
    back = ann.visit_microsoft(f"/consent/{change}")
    ann.get(back)
    if ends:
        ann.travel(f"/consent/{change}")

    again = ann.get(back)

    assert again.headers["Location"] == f"/settings?change={change}"
    assert HOW[ends] in words(ann.follow(again))
    assert stored.rows("connection") == int(ends)


def test_a_young_approval_is_not_asked_for_again(ann: Browser) -> None:
    change = ann.ask(ANN)
    ann.travel(f"/consent/{change}")
    ann.sandbox.fault("consent-lag", None)
    page = ann.follow(ann.travel(f"/consent/{change}"))

    again = ann.get(f"/consent/{change}").headers["Location"]

    assert f'href="/consent/{change}"' in page.text
    assert "/oauth2/v2.0/authorize?" in again
