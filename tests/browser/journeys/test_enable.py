"""From the first word typed to the first mail accepted: From, Enable, and the card."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from portal import db
from portal.workspace import accounts, connections
from tests.browser.journeys.people import (
    NOREPLY,
    REPORTS,
    TEAM,
    Admin,
    accept_as,
    choose,
    clean,
    told,
)
from tests.browser.journeys.world import Portal
from tests.trip import ANN


def card(ann: Admin, sender: str) -> Locator:
    """Find the card that tells of the connection; it is named by From."""
    return ann.page.get_by_role("region", name=sender)


def tokens() -> Iterator[bytes]:
    with db.reading() as session:
        row = connections.in_use(session, accounts.find(session).id)
        assert row
        for kind in ("access", "refresh"):
            yield connections.unseal(row, kind).encode()


def test_enable_leads_through_approval_to_a_connection(either_ann: Admin) -> None:
    told(either_ann.page, "Not connected")

    either_ann.enable(ANN)

    either_ann.completed()
    shown = card(either_ann, ANN)
    for words in ("Connected as", "Consented by", "Last checked", "not yet proven"):
        expect(shown).to_contain_text(words)
    expect(shown.get_by_role("definition").nth(0)).to_have_text(ANN)
    expect(shown.get_by_role("definition").nth(1)).to_contain_text(ANN)
    expect(shown.get_by_role("definition").nth(2)).to_contain_text("Mail.Send")
    expect(shown).not_to_contain_text("Mail.ReadWrite")
    expect(either_ann.sender).to_have_value(ANN)


def test_the_first_mail_that_is_accepted_proves_it(ann: Admin, portal: Portal) -> None:
    ann.enable(ANN)
    ann.completed()

    mail = portal.deliver("First")

    assert mail["from"] == ANN
    ann.open()
    expect(card(ann, ANN)).to_contain_text("A mail was accepted")
    expect(card(ann, ANN)).not_to_contain_text("not yet proven")


def test_everybody_can_use_the_pages_of_the_way(ann: Admin) -> None:
    clean(ann.page)

    ann.sender.fill(ANN)
    microsoft = ann.ask("Enable")
    expect(ann.page.get_by_role("link", name="Continue to Microsoft")).to_be_visible()
    clean(ann.page)
    accept_as(microsoft, ANN)
    choose(microsoft, ANN)

    ann.completed()
    clean(ann.page)
    ann.open()
    clean(ann.page)


def test_mail_that_came_before_waits_and_goes_out_then(
    ann: Admin, portal: Portal
) -> None:
    early = portal.send("Early")
    ann.open()
    told(ann.page, "1 message waits", "held, not lost")

    ann.enable(ANN)

    ann.completed()
    portal.wait_for(early, "sent")


def test_enable_lights_up_when_the_address_is_valid(ann: Admin) -> None:
    enable = ann.button("Enable")
    expect(enable).to_be_disabled()
    expect(enable).to_have_accessible_description("Type a From Email Address first.")

    ann.sender.fill("noreply@contoso")
    expect(enable).to_be_disabled()
    expect(enable).to_have_accessible_description("This is not an e-mail address.")

    ann.sender.fill(NOREPLY)
    expect(enable).to_be_enabled()


@pytest.mark.parametrize("typed", ["noreply@contoso", "a@b@contoso.example"])
def test_the_server_looks_at_the_address_too(either_ann: Admin, typed: str) -> None:
    page, form = either_ann.page, either_ann.page.get_by_role("form", name="Settings")
    form.evaluate("form => { form.noValidate = true }")
    either_ann.button("Enable").evaluate("button => { button.disabled = false }")

    either_ann.sender.fill(typed)
    form.evaluate("form => form.submit()")

    told(page, "This is not an e-mail address.")
    expect(either_ann.sender).to_have_value(typed)
    expect(either_ann.sender).to_have_attribute("aria-invalid", "true")
    if either_ann.script:
        clean(page)


def test_single_sender_is_on_and_says_why(ann: Admin) -> None:
    single = ann.page.get_by_role("switch", name="Enable Single Sender Identity")

    expect(single).to_be_checked()
    expect(single).to_be_disabled()
    expect(single).to_have_accessible_description(
        "Always on. Every mail leaves from the From Email Address above, so there is"
        " nothing to choose."
    )


def test_a_message_that_names_another_from_is_refused(
    ann: Admin, portal: Portal
) -> None:
    ann.enable(ANN)
    ann.completed()

    refused = portal.post("Mine", **{"from": REPORTS})
    taken = portal.post("Ours", **{"from": ANN})

    assert refused.status_code == 403
    assert f"this account sends as {ANN} only" in refused.json()["detail"]
    portal.wait_for(taken, "sent")
    assert portal.sandbox.mails("Mine") == []


def test_no_file_holds_a_token_that_can_be_read(ann: Admin, portal: Portal) -> None:
    ann.enable(TEAM, REPORTS)
    told(ann.page, "Somebody signed in. Is it the right account?")
    proposed = written(portal)
    ann.button("Use this account").click()
    ann.completed()
    portal.deliver("Proof")

    kept = written(portal)

    assert not any(token in proposed + kept for token in tokens())
    assert b"eyJ" not in proposed + kept  # nor any other signed token


def written(portal: Portal) -> bytes:
    """Read all that lies in the instance, but for the key."""
    files = [path for path in portal.instance.rglob("*") if path.is_file()]
    assert any(path.suffix == ".db" for path in files)
    return b"".join(path.read_bytes() for path in files if path.name != "keys")
