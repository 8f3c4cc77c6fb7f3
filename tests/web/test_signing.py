"""An SMTP account whose user signs in: Sign In, Connected as, confirmed, Reset."""

import pytest
from flask.testing import FlaskClient

from portal import db
from portal.workspace import connections
from portal.workspace.accounts import Account, servers
from portal.workspace.accounts.servers import Authentication
from portal.workspace.connections import Connection
from tests.trip import ANN
from tests.web.browsing import Browser, value, words
from tests.web.posting import ask, mark
from tests.web.signing import OFFICE, add, sign_in

NOREPLY = "noreply@contoso.example"
VERIFIED = "Your email has been verified. Authorization complete!"


@pytest.fixture
def office(ann: Browser) -> Account:
    """Add an account that waits for its user's sign-in."""
    return add(ann)


def connection(account: Account) -> Connection | None:
    with db.reading() as session:
        return connections.find(session, account.id)


def test_a_new_one_asks_for_the_sign_in(ann: Browser, office: Account) -> None:
    page = words(ann.get(f"/accounts/{office.id}"))

    with db.reading() as session:
        server = servers.of(session, office.id)
    assert server.authentication == Authentication.CONSENT
    assert "The account was added. Sign In connects it." in page
    assert page.count("E-mail Authorization Required") == 1
    assert "The account is not connected yet." not in page
    assert "Not connected" in words(ann.get("/accounts"))


def test_the_page_of_the_trip_says_that_it_is_verified(
    ann: Browser, office: Account
) -> None:
    page = ann.get(sign_in(ann, office))

    shown = ann.get(f"/accounts/{office.id}")
    assert VERIFIED in words(page)
    assert f'href="/accounts/{office.id}?change=' in page.text
    assert f"Connected as {ANN}" in words(shown)
    assert "SMTP.Send" in words(shown)
    assert f"SMTP with the sign-in of {ANN}" in words(ann.get("/accounts"))


def test_the_page_that_waits_leads_to_microsoft_by_a_link(
    ann: Browser, office: Account
) -> None:
    change = ask(ann, office)

    page = ann.get(f"/accounts/{office.id}?change={change}")

    assert f'href="/consent/{change}"' in page.text
    assert "/approve/" in page.text
    assert "/connect/" in page.text
    progress = ann.get(f"/accounts/{office.id}/progress?change={change}").get_json()
    assert progress["settings"] == f"/accounts/{office.id}?change={change}"


def test_to_a_script_it_names_the_way_and_the_page(
    ann: Browser, office: Account
) -> None:
    at = f"/accounts/{office.id}"
    given = {"version": str(office.version)}

    answer = ann.post(f"{at}/connection", given, form_at=at, Accept="application/json")

    way = answer.get_json()
    assert way["consent"] == f"/consent/{way['change']}"
    assert way["page"] == f"{at}?change={way['change']}"


def test_somebody_elses_sign_in_is_confirmed_first(ann: Browser) -> None:
    account = add(ann, username=NOREPLY, sender=NOREPLY)

    ended = sign_in(ann, account)
    asked = words(ann.get(ended))
    unconfirmed = connection(account)
    done = words(ann.follow(ann.confirm(ended)))

    assert f"Expected {NOREPLY} , signed in as {ANN}" in asked
    assert "Full Access" in asked
    assert unconfirmed is None
    assert VERIFIED in done
    assert "Add-MailboxPermission" in done
    assert connection(account) is not None


def test_it_is_confirmed_on_the_accounts_page_as_well(ann: Browser) -> None:
    account = add(ann, username=NOREPLY, sender=NOREPLY)
    sign_in(ann, account)
    at = f"/accounts/{account.id}"
    page = ann.get(at)
    given = {name: value(page, name) for name in ("change", "proposal")}

    done = ann.follow(ann.post(f"{at}/proposal", given, form_at=at))

    assert "Is it the right account?" in words(page)
    assert VERIFIED in words(done)


def test_what_waits_is_given_up(ann: Browser, office: Account) -> None:
    at, change = f"/accounts/{office.id}", ask(ann, office)

    given_up = ann.post(f"{at}/discard", {"change": str(change)}, form_at=at)

    assert "The change was discarded." in words(ann.follow(given_up))


def test_who_saw_older_settings_is_told(ann: Browser, office: Account) -> None:
    at = f"/accounts/{office.id}"

    answer = ann.post(f"{at}/connection", {"version": "0"}, form_at=at)

    assert "changed these settings" in words(ann.follow(answer))
    assert connection(office) is None


def test_reset_ends_it(ann: Browser, office: Account) -> None:
    sign_in(ann, office)
    at = f"/accounts/{office.id}"

    page = words(ann.follow(ann.post(f"{at}/reset", form_at=at)))

    assert "The connection was reset" in page
    assert "E-mail Authorization Required" in page
    assert connection(office) is None


def test_an_account_that_nobody_signs_in_for_has_no_reset(ann: Browser) -> None:
    account = add(ann, authentication="oauth")
    at = f"/accounts/{account.id}"

    assert ann.post(f"{at}/reset", form_at=at).status_code == 404
    assert ann.post(f"{at}/connection", {"version": "1"}, form_at=at).status_code == 403


def test_another_username_on_the_page_ends_it(ann: Browser, office: Account) -> None:
    sign_in(ann, office)
    at = f"/accounts/{office.id}"

    seen = {"seen": mark(ann, office.id)}
    ann.post(at, OFFICE | {"username": NOREPLY} | seen, form_at=at)

    assert connection(office) is None


def test_a_server_that_is_not_microsofts_is_refused(ann: Browser) -> None:
    given = OFFICE | {"host": "mail.example.com"}

    answer = ann.post("/accounts", given, form_at="/accounts/new")

    assert answer.status_code == 422
    assert "would get it" in words(answer)


def test_it_is_not_tried_before_it_is_saved(ann: Browser) -> None:
    answer = ann.post("/accounts/trial", OFFICE, form_at="/accounts/new")

    assert answer.status_code == 422
    assert "is saved first, then tested" in words(answer)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("account-consent-google", "as sales@northwind.example, at Google"),
        ("account-consent-google-asked", "Continue to Google"),
        ("account-consent-google-done", "Sign-in at Google"),
        ("failed-google", "Goes to the sign-in page of Google."),
    ],
)
def test_the_sign_in_is_called_by_whoever_gives_it(
    client: FlaskClient, name: str, said: str
) -> None:
    page = words(client.get(f"/pages/{name}"))

    assert said in page
    assert "at Microsoft" not in page
    assert "Approval link" not in page


def test_it_is_deleted_with_its_sign_in(ann: Browser, office: Account) -> None:
    sign_in(ann, office)
    at = f"/accounts/{office.id}/deletion"

    ann.follow(ann.post(at, form_at=at))

    assert connection(office) is None
