"""Another account that a user signs in for: added, and its settings at their place."""

import pytest

from portal import db
from portal.errors import Need
from portal.mail.outbox import State
from portal.workspace import accounts, connections
from portal.workspace.accounts import Account
from tests import trip
from tests.mail import backlog
from tests.trip import ANN
from tests.web.browsing import JSON, Browser, heading, value, version, words

REPORTS = "reports@contoso.example"
NOREPLY = "noreply@contoso.example"
DONE = "Your email has been verified. Authorization complete!"
NEW = {"name": "Billing", "enabled": "y", "way": "consent"}
NOBODY = {"kind": "smtp", "security": "starttls", "authentication": "password"}


@pytest.fixture
def billing(ann: Browser) -> Account:
    """Add a second account that a user is to sign in for."""
    answer = ann.post("/accounts", NEW | NOBODY, form_at="/accounts/new")
    assert answer.status_code == 303, words(answer)
    return found()


@pytest.fixture
def at(billing: Account) -> str:
    """Name the place of its settings."""
    return f"/accounts/{billing.id}/settings"


def found() -> Account:
    with db.reading() as session:
        return accounts.find(session, "Billing")


def test_what_is_added_waits_for_enable(ann: Browser, billing: Account) -> None:
    page = ann.get(f"/accounts/{billing.id}/settings")

    assert "The account was added. Enable connects it." in words(page)
    assert heading(page) == "Settings – Billing"
    assert "Not connected" in words(page)
    assert f'href="/accounts/{billing.id}/settings"' in (
        ann.get(f"/accounts/{billing.id}").text
    )


def test_enable_comes_back_to_its_own_settings(
    ann: Browser, billing: Account, at: str
) -> None:
    ann.enable(NOREPLY)
    change = ann.ask(REPORTS, at=at)

    ann.travel(f"/consent/{change}")
    back = ann.travel(f"/consent/{change}", REPORTS)

    assert back.headers["Location"] == f"{at}?change={change}"
    assert DONE in words(ann.follow(back))
    assert trip.in_force("Billing")[1] == REPORTS


def test_the_workspaces_own_account_stays_as_it_was(ann: Browser, at: str) -> None:
    ann.enable(ANN)

    ann.enable(REPORTS, REPORTS, at=at)

    assert trip.in_force()[1] == ANN
    assert f"Connected as {ANN}" in words(ann.get("/settings"))
    assert f"Connected as {REPORTS}" in words(ann.get(at))


def test_a_script_is_led_as_in_tenant_settings(ann: Browser, at: str) -> None:
    fields = {"sender": REPORTS, "version": version(ann.get(at))}

    told = ann.post(at, fields, form_at=at, Accept=JSON).get_json()
    progress = ann.get(f"{at}/progress?change={told['change']}").get_json()

    assert told["consent"] == f"/consent/{told['change']}"
    assert progress == {"news": "asked", "settings": f"{at}?change={told['change']}"}
    assert f'data-ask="{at}"' in ann.get(at).text


def test_who_signed_in_is_confirmed_there(ann: Browser, at: str) -> None:
    ann.enable(NOREPLY, REPORTS, at=at)
    seen = ann.get(at)
    given = {name: value(seen, name) for name in ("change", "proposal")}

    done = ann.follow(ann.post(f"{at}/proposal", given, form_at=at))

    assert heading(done) == "Settings – Billing"
    assert DONE in words(done)


def test_what_waits_is_discarded_there(ann: Browser, at: str) -> None:
    change = ann.ask(REPORTS, at=at)

    page = ann.follow(
        ann.post(f"{at}/change/discard", {"change": str(change)}, form_at=at)
    )

    assert heading(page) == "Settings – Billing"
    assert "The change was discarded." in words(page)


def test_a_change_is_told_of_at_its_own_place_alone(ann: Browser, at: str) -> None:
    change = ann.enable(REPORTS, REPORTS, at=at)

    assert DONE in words(ann.get(f"{at}?change={change}"))
    assert DONE not in words(ann.get(f"/settings?change={change}"))
    assert ann.get(f"/settings/progress?change={change}").status_code == 404


def test_reset_takes_only_its_own_back(ann: Browser, billing: Account, at: str) -> None:
    ann.enable(ANN)
    ann.enable(REPORTS, REPORTS, at=at)

    asked = ann.get(f"{at}/reset")
    page = ann.follow(ann.post(f"{at}/reset", form_at=at))

    assert REPORTS in words(asked)
    assert "The connection was reset" in words(page)
    assert (found().sender, trip.in_force()[1]) == (None, ANN)
    with db.reading() as session:
        assert connections.find(session, billing.id) is None


def test_sign_in_asks_for_what_is_in_force_there(ann: Browser, at: str) -> None:
    ann.enable(REPORTS, REPORTS, at=at)

    answer = ann.post(f"{at}/connection", form_at=at)

    assert answer.headers["Location"].startswith(f"{at}?change=")


def test_a_test_mail_leaves_by_it_and_is_told_of_there(ann: Browser, at: str) -> None:
    ann.enable(REPORTS, REPORTS, at=at)
    fields = {"to": ANN, "subject": "x", "text": "x"}

    answer = ann.post(f"{at}/test", fields, form_at=at)

    message = answer.headers["Location"].rpartition("/")[2]
    assert answer.headers["Location"] == f"{at}/test/{message}"
    assert "on its way" in words(ann.follow(answer))
    assert ann.get(f"/settings/test/{message}").status_code == 404


def test_mail_that_is_too_old_waits_for_a_word_there(
    ann: Browser, billing: Account, at: str
) -> None:
    ann.enable(REPORTS, REPORTS, at=at)
    message = backlog.put(billing.id)
    backlog.change(
        message, state=State.HELD, due_at=None, overdue_at=billing.changed_at
    )

    other = words(ann.get("/settings"))
    page = ann.follow(ann.post(f"{at}/waiting-mail", form_at=at))

    assert "waits for your decision" not in other
    assert "1 message goes out." in words(page)


def test_what_is_stuck_for_one_leaves_the_other_well(
    ann: Browser, billing: Account, at: str
) -> None:
    ann.enable(ANN)
    ann.enable(REPORTS, REPORTS, at=at)
    backlog.change(backlog.put(billing.id), state=State.UNCONFIRMED, due_at=None)

    assert "needs a decision of its own" in words(ann.get(at))
    assert "needs a decision of its own" not in words(ann.get("/settings"))
    assert "Needs attention" in words(ann.get("/"))


def test_of_other_accounts_and_none_there_are_no_settings(ann: Browser) -> None:
    with db.session() as session:
        given = ["archive@contoso.example"]
        other = accounts.add(session, "Archive", given, large=False, by=ANN)

    assert ann.get(f"/accounts/{other.id}/settings").status_code == 404
    assert ann.get(f"/accounts/{db.new_id()}/settings").status_code == 404


def test_it_is_said_as_whom_else_mail_leaves(ann: Browser, at: str) -> None:
    ann.enable(ANN)
    alone = words(ann.get("/settings"))

    ann.enable(REPORTS, REPORTS, at=at)

    assert "so there is nothing to choose" in alone
    assert f"other accounts mail leaves as {REPORTS}" in words(ann.get("/settings"))
    assert f"other accounts mail leaves as {ANN}" in words(ann.get(at))


def test_who_is_switched_off_or_sends_as_the_same_is_no_other(
    ann: Browser, billing: Account, at: str
) -> None:
    ann.enable(ANN)
    ann.enable(ANN, at=at)

    assert "so there is nothing to choose" in words(ann.get("/settings"))


def test_a_fallback_is_named_for_its_address_is_another(
    ann: Browser, billing: Account
) -> None:
    with db.session() as session:
        own = accounts.workspace(session).id
        accounts.decide_fallback(session, own, billing.id)

    assert "its fallback Billing does" in words(ann.get("/settings"))


def test_it_is_not_tried_before_it_is_saved(ann: Browser) -> None:
    answer = ann.post("/accounts/trial", NEW | NOBODY, form_at="/accounts/new")

    assert answer.status_code == 422
    assert "is saved first, then tested" in words(answer)


def test_it_is_deleted_and_the_workspaces_own_is_not(
    ann: Browser, billing: Account, at: str
) -> None:
    ann.enable(REPORTS, REPORTS, at=at)
    with db.session() as session:
        accounts.make_default(session, billing)
        own = accounts.workspace(session)

    refused = ann.post(f"/accounts/{own.id}/deletion", form_at="/accounts/new")
    with db.session() as session:
        accounts.make_default(session, own)
    done = ann.post(f"/accounts/{billing.id}/deletion", form_at="/accounts/new")

    assert "is the account of Tenant Settings" in words(refused)
    assert "The account was deleted." in words(ann.follow(done))
    assert ann.get(at).status_code == 404


def test_a_mail_that_needs_the_permission_asks_for_it_there(
    ann: Browser, billing: Account, at: str
) -> None:
    ann.enable(REPORTS, REPORTS, at=at)
    message = backlog.put(billing.id)
    backlog.change(message, state=State.HELD, due_at=None, needs=Need.LARGE_ATTACHMENTS)

    page = ann.get(f"/messages/{message}")

    assert f'action="{at}"' in page.text


def test_the_overview_leads_to_its_own_settings(
    ann: Browser, billing: Account, at: str
) -> None:
    ann.enable(ANN)
    ann.enable(REPORTS, REPORTS, at=at)
    message = backlog.put(billing.id)
    backlog.change(message, state=State.HELD, due_at=None, needs=Need.LARGE_ATTACHMENTS)

    assert f'href="{at}">Allow' in ann.get("/").text
