"""A renamed mailbox in Tenant Settings: what that means, and what becomes of From."""

import pytest

from portal import db
from portal.workspace import accounts, audit, connections, tokens
from portal.workspace.accounts import Account, servers
from tests import trip
from tests.trip import ANN
from tests.web import signing
from tests.web.browsing import Browser, value, words

NEW = "ann@contoso.example"
TITLE = f"The mailbox {ANN} is now called {NEW}"


def rename(browser: Browser, name: str | None = None) -> None:
    """Rename Ann's mailbox, and have an account's sign-in renewed."""
    browser.sandbox.fault("renamed", times=None, user=ANN, to=NEW)
    assert tokens.renew(trip.in_force(name)[0])


@pytest.fixture
def renamed(sender: Browser) -> Browser:
    """Sign Ann in at a portal that sends from her mailbox, which was renamed."""
    rename(sender)
    return sender


def press(browser: Browser, leaf: str, at: str = "/settings", on: str = "") -> str:
    """Decide about what the page shows; return what it says then."""
    page = browser.get(on or at)
    shown = {name: value(page, name) for name in ("version", "name")}
    answer = browser.post(f"{at}/new-name{leaf}", shown, form_at=on or at)
    return words(browser.follow(answer))


def test_an_admin_is_told_what_it_means(renamed: Browser) -> None:
    page = words(renamed.get("/settings"))

    assert TITLE in page
    assert f"readers see {NEW} unless your organization lets aliases be" in page
    assert f"Use {NEW} as From" in page
    assert f"Keep {ANN}" in page


def test_it_becomes_from_without_a_trip_to_microsoft(renamed: Browser) -> None:
    page = press(renamed, "")

    assert "Changes have been saved!" in page
    assert TITLE not in page
    assert trip.in_force()[1] == NEW
    assert "Sent from its own mailbox." in page


def test_from_stays_and_the_page_is_quiet_about_it(renamed: Browser) -> None:
    page = press(renamed, "/refusal")

    assert "From stays as it is." in page
    assert TITLE not in page
    assert trip.in_force()[1] == ANN
    assert "which needs Send As" in page


def test_who_was_too_late_is_told_and_changes_nothing(renamed: Browser) -> None:
    shown = renamed.get("/settings")
    press(renamed, "/refusal")

    fields = {name: value(shown, name) for name in ("version", "name")}
    answer = renamed.post("/settings/new-name", fields)

    assert "somebody has said already" in words(renamed.follow(answer))
    assert trip.in_force()[1] == ANN


@pytest.mark.parametrize("fields", [{}, {"version": "x"}, {"version": "2", "name": ""}])
def test_a_form_that_says_nothing_changes_nothing(
    renamed: Browser, fields: dict[str, str]
) -> None:
    renamed.post("/settings/new-name", fields)

    assert TITLE in words(renamed.get("/settings"))


def test_a_second_account_has_it_on_its_own_page(sender: Browser) -> None:
    with db.session() as session:
        account = accounts.add_delegated(session, "Billing", by=ANN)
    at = f"/accounts/{account.id}/settings"
    sender.enable(ANN, at=at)
    rename(sender, "Billing")

    page = press(sender, "", at)

    assert "Changes have been saved!" in page
    assert (trip.in_force("Billing")[1], trip.in_force()[1]) == (NEW, ANN)
    with db.reading() as session:
        [told] = audit.page(session, None, 1)
    assert (told.actor, told.subject) == (ANN, NEW)


def test_where_from_replaces_what_messages_name_none_is_refused(
    renamed: Browser,
) -> None:
    before = words(renamed.get("/settings"))
    with db.session() as session:
        own = accounts.find(session).id
        accounts.decide_letterhead(session, own, accounts.Letterhead(force=True))

    assert "that name the former one are refused" in before
    assert "that name the former one are refused" not in (
        words(renamed.get("/settings"))
    )


def test_it_comes_up_as_long_as_nobody_has_decided(renamed: Browser) -> None:
    before = words(renamed.get("/"))
    press(renamed, "/refusal")

    assert TITLE in before
    assert TITLE not in words(renamed.get("/"))


@pytest.fixture
def office(ann: Browser) -> Account:
    """Add an account that submits with Ann's sign-in, and rename her mailbox."""
    account = signing.add(ann)
    signing.sign_in(ann, account)
    rename(ann, account.name)
    return account


def found(account: Account) -> tuple[str | None, str, bool]:
    """Return From, as whom it signs in at its server, and whether it can."""
    with db.reading() as session:
        now = accounts.by_id(session, account.id)
        connection = connections.find(session, account.id)
        username = servers.of(session, account.id).username
        return now.sender, username, connection is not None


@pytest.mark.parametrize(
    ("leaf", "told", "name"),
    [
        ("", "Changes have been saved!", NEW),
        ("/refusal", "From stays as it is.", ANN),
    ],
)
def test_an_account_that_submits_has_it_too(
    ann: Browser, office: Account, leaf: str, told: str, name: str
) -> None:
    at = f"/accounts/{office.id}"
    shown = ann.get(at)
    fields = {each: value(shown, each) for each in ("version", "name")}

    answer = ann.post(f"{at}/settings/new-name{leaf}", fields, form_at=at)
    page = words(ann.follow(answer))

    assert TITLE in words(shown)
    assert told in page
    assert TITLE not in page
    assert found(office) == (name, name, True)


def test_the_audit_tells_what_became_of_an_account_that_submits(
    ann: Browser, office: Account
) -> None:
    press(ann, "", f"/accounts/{office.id}/settings", on=f"/accounts/{office.id}")

    with db.reading() as session:
        told = [
            (each.actor, each.action)
            for each in audit.page(session, None, 5)
            if each.subject == office.name
        ]
    assert (ANN, f"changed account: sends as {NEW}, username {NEW}") in told
